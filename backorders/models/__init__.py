"""Policies, the queue, and promises with their history."""

from backorders.models.customers import OrderLink, Withdrawal
from backorders.models.exceptions import ExtraPeriod, MakeGood, MakeGoodBudget, NeverCancel
from backorders.models.fences import Fence
from backorders.models.insight import KpiDay, KpiMonth, KpiRoll, Promotion, Review, Ticket
from backorders.models.law import Deadline, DelayPolicy
from backorders.models.planning import PlanningPolicy, QueueDay, SkuForecast
from backorders.models.policy import AtpRule, CancellationPolicy, Cap, CapClaim, CapUsage
from backorders.models.promises import Backorder, CauseTag, Choice, DelayCase, Promise, RefusedDemand
from backorders.models.protection import Protection, ProtectionClaim, ProtectionUsage
from backorders.models.queue import CartHold, Demand, Peg, ReplanRequest
from backorders.models.runs import BackorderRun, OnException, RunLine, RunSku, RunVariant
from backorders.models.serving import Loan, QueuePolicy, ReleasePolicy
from backorders.models.telling import Campaign, StockWatch, TellingPolicy, WaitUpdate, WatchWay
from backorders.models.volatility import SkuVolatility

__all__ = [
    "AtpRule",
    "Backorder",
    "BackorderRun",
    "Campaign",
    "CancellationPolicy",
    "Cap",
    "CapClaim",
    "CapUsage",
    "CartHold",
    "CauseTag",
    "Choice",
    "Deadline",
    "DelayCase",
    "DelayPolicy",
    "Demand",
    "ExtraPeriod",
    "Fence",
    "KpiDay",
    "KpiMonth",
    "KpiRoll",
    "Loan",
    "MakeGood",
    "MakeGoodBudget",
    "NeverCancel",
    "OnException",
    "OrderLink",
    "Peg",
    "PlanningPolicy",
    "Promise",
    "Promotion",
    "Protection",
    "ProtectionClaim",
    "ProtectionUsage",
    "QueueDay",
    "QueuePolicy",
    "RefusedDemand",
    "ReleasePolicy",
    "ReplanRequest",
    "Review",
    "RunLine",
    "RunSku",
    "RunVariant",
    "SkuForecast",
    "SkuVolatility",
    "StockWatch",
    "TellingPolicy",
    "Ticket",
    "WaitUpdate",
    "WatchWay",
    "Withdrawal",
]
