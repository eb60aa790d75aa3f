"""The demo shop as data: places, channels, suppliers, rules, caps and policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from oms.orders.models import Channel

SOURCE = "demo"
CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Role:
    """A SKU with a part of its own to play, by its code in the excerpt."""

    sku: str
    rule: Mapping[str, Any] = field(default_factory=dict, hash=False)


LOCATIONS: dict[str, dict[str, Any]] = {
    "LON": {
        "name": "London warehouse",
        "timezone": "Europe/London",
        "country": "GB",
        "regions": ["UK", "WORLD"],
        "holiday_country": "GB",
        "holiday_subdivision": "ENG",
        "cut_offs": [time(11), time(15)],
        "receiving_days": 1,
        "transit": {"UK": 1, "WORLD": 6},
        "priority": 10,
    },
    "LEJ": {
        "name": "Leipzig warehouse",
        "timezone": "Europe/Berlin",
        "country": "DE",
        "regions": ["EU"],
        "holiday_country": "DE",
        "holiday_subdivision": "SN",
        "cut_offs": [time(12), time(16)],
        "receiving_days": 1,
        "transit": {"EU": 2},
        "priority": 20,
    },
    "BER": {
        "name": "Berlin shop",
        "timezone": "Europe/Berlin",
        "country": "DE",
        "regions": ["EU"],
        "work_days": [0, 1, 2, 3, 4, 5],
        "holiday_country": "DE",
        "holiday_subdivision": "BE",
        "cut_offs": [time(14)],
        "processing_days": 1,
        "transit": {"EU": 2},
        "priority": 30,
    },
}
# Which warehouse buys for whom.
BUYS_FOR = {"UK": "LON", "WORLD": "LON", "EU": "LEJ"}

CHANNELS: dict[str, dict[str, Any]] = {
    "WEB": {"name": "Own web shop", "kind": Channel.Kind.OWN, "priority": 100, "default_region": "UK"},
    "SHOPIFY": {
        "name": "Gift boutique",
        "kind": Channel.Kind.SHOPIFY,
        "priority": 100,
        "default_region": "EU",
    },
    "AMAZON": {
        "name": "Marketplace",
        "kind": Channel.Kind.AMAZON,
        "priority": 110,
        "default_region": "UK",
        "buffer_qty": 2,
    },
    "WHOLESALE": {"name": "Trade", "kind": Channel.Kind.WHOLESALE, "priority": 50, "default_region": "UK"},
}
SUPPLIERS = 9
RETIRED_SUPPLIER = "SUP-09"
"""Stopped delivering: what only it sells cannot be replenished."""

DROP = Role("22423", {"mode": "limited_drop", "oversell_qty": 0})
MADE = Role("20685", {"mode": "made_to_order", "oversell_qty": 400})
LIGHT = Role("22752", {"mode": "capital_light", "oversell_qty": 300})
PREORDER = Role(
    "22940", {"mode": "preorder", "oversell_qty": 200, "charge_policy": "deposit", "deposit_percent": 20}
)
DENIED = Role("22909", {"mode": "deny"})
BOUGHT_WHEN_SOLD = {MADE: 14, LIGHT: 10}
"""Days until a supplier has them here, once somebody has ordered one."""
ROLES = {
    "Cakestand drop": DROP,
    "Doormats are woven to order": MADE,
    "Babushkas are bought when sold": LIGHT,
    "Felt fairy, preorder": PREORDER,
    "Napkins: from stock only": DENIED,
}
RETIRED = "85099C"
"""Discontinued at the end of the demo: only what is there can still be sold."""
LAUNCH_IN_DAYS = 18
KIT = "KIT-EVENING"
KIT_TITLE = "Warm evening set"
KIT_PARTS = {"22112": 1, "22865": 2}

_CONSUMERS_WAIT: dict[str, Any] = {
    "mode": "backorder",
    "oversell_qty": 240,
    "service_level": Decimal("0.9"),
    "least_buffer_days": 2,
    "tolerance_days": 1,
    "disclosure": "You pay now; if we are later than promised you may cancel for a full refund.",
}
# Each names a channel, SKU or category of the demo: whoever adds a channel of their own starts without rules.
RULES: dict[str, dict[str, Any]] = {
    "Web shop: backorders": {"channel": "WEB", **_CONSUMERS_WAIT},
    "Boutique: backorders": {"channel": "SHOPIFY", **_CONSUMERS_WAIT},
    "Trade waits, and pays when it ships": {
        "channel": "WHOLESALE",
        "mode": "backorder",
        "oversell_qty": 600,
        "service_level": Decimal("0.8"),
        "least_buffer_days": 2,
        "tolerance_days": 2,
        "charge_policy": "at_ship",
        "disclosure": "Invoiced when it ships.",
    },
    "Marketplace: two weeks at most": {
        "channel": "AMAZON",
        "mode": "backorder",
        "oversell_qty": 60,
        "service_level": Decimal("0.95"),
        "least_buffer_days": 3,
        "longest_wait_days": 14,
    },
    "Christmas must come before Christmas": {
        "category": "Christmas",
        "mode": "backorder",
        "oversell_qty": 120,
        "service_level": Decimal("0.95"),
        "least_buffer_days": 3,
        "longest_wait_days": 28,
        "safety_stock": 2,
    },
}

CAPS: dict[str, dict[str, Any]] = {
    "Web shop": {"channel": "WEB", "max_open_units": 2_500},
    "Marketplace": {"channel": "AMAZON", "max_open_units": 300},
    "Boutique in Europe": {"channel": "SHOPIFY", "region": "EU", "max_open_units": 3_000},
    "Cakestand drop": {"sku": DROP.sku, "max_open_units": 260, "max_units_per_customer": 24},
    "Doormats a week": {"sku": MADE.sku, "max_open_units": 60, "bucket": "week", "forward": 2},
    "Watch the warmers": {"category": "Warmers", "max_open_units": 400, "is_monitor_only": True},
}

CANCELLATION_POLICIES: dict[str, dict[str, Any]] = {
    "Web shop: until we pack": {
        "channel": "WEB",
        "self_cancel_until": "allocated",
        "auto_cancel_days_late": 45,
        "refund_days": 7,
    },
    "Marketplace: ends by itself after ten days": {
        "channel": "AMAZON",
        "self_cancel_until": "accepted",
        "auto_cancel_days_late": 10,
        "asks_first": False,
        "refund_days": 2,
    },
    "Trade: by agreement": {"channel": "WHOLESALE", "self_cancel_until": "accepted", "answer_days": 14},
    "Boutique in Europe: silence cancels": {
        "channel": "SHOPIFY",
        "region": "EU",
        "self_cancel_until": "allocated",
        "answer_days": 7,
        "silence_means": "cancel",
        "refund_days": 14,
    },
    "Drops are final": {
        "sku": DROP.sku,
        "mode": "limited_drop",
        "self_cancel_until": "never",
        "priority": 10,
    },
}


def launch_day(today: date) -> date:
    """The day the preordered SKU comes onto the market."""
    return date.fromordinal(today.toordinal() + LAUNCH_IN_DAYS)
