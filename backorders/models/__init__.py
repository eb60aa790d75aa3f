"""Policies, the queue, and promises with their history."""

from backorders.models.policy import AtpRule, CancellationPolicy, Cap, CapClaim, CapUsage
from backorders.models.promises import Backorder, CauseTag, Choice, DelayCase, Promise, RefusedDemand
from backorders.models.queue import CartHold, Demand, Peg, ReplanRequest
from backorders.models.serving import Loan, QueuePolicy, ReleasePolicy

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
    "Loan",
    "Peg",
    "Promise",
    "QueuePolicy",
    "RefusedDemand",
    "ReleasePolicy",
    "ReplanRequest",
]
