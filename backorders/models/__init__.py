"""Policies, the queue, and promises with their history."""

from backorders.models.policy import AtpRule, CancellationPolicy, Cap, CapClaim, CapUsage
from backorders.models.promises import Backorder, CauseTag, Choice, DelayCase, Promise, RefusedDemand
from backorders.models.queue import CartHold, Demand, Peg, ReplanRequest

__all__ = [
    "AtpRule",
    "Backorder",
    "CancellationPolicy",
    "Cap",
    "CapClaim",
    "CapUsage",
    "CartHold",
    "CauseTag",
    "Choice",
    "DelayCase",
    "Demand",
    "Peg",
    "Promise",
    "RefusedDemand",
    "ReplanRequest",
]
