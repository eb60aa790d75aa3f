"""An example of each kind's facts: what a template is checked with, and shown with if no message is there."""

from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]

_BASE = {"shop": "Nordlicht", "name": "Anna Berg", "order": "SO-1042", "link": ""}
_LINK = "https://shop.example/c/example/"
_SOON = {"earliest": "2026-03-12", "latest": "2026-03-17"}
_LATER = {"earliest": "2026-03-30", "latest": "2026-04-02"}
_AT = {"at": "2026-03-09T08:00:00+00:00", "zone": "Europe/Berlin"}
_PRICE = {"amount": "99.80", "currency": "EUR"}
_NOTHING = {"amount": "0.00", "currency": "EUR"}
_CHAIR = {"line_no": 1, "qty": 2, "title": "Oak chair", "mode": "accidental"}
_TABLE = {"line_no": 2, "qty": 1, "title": "Table", "ships": _LATER}
_PARCEL = {"carrier": "DHL", "tracking": "JJD000390007827", "waited": True} | {
    "tracking_link": "https://www.dhl.com/global-en/home/tracking.html?tracking-id=JJD000390007827"
}
_CHARGE = {"policy": "at_order", "percent": 0, "disclosure": "", "now": _PRICE, "later": _NOTHING}
_PROMISED = {
    **_CHAIR,
    "state": "backorder",
    "now_qty": 0,
    "later_qty": 2,
    "ships": _SOON,
    "delivers": {"earliest": "2026-03-16", "latest": "2026-03-19"},
    "charge": _CHARGE,
    "instead_of": "",
    "difference": None,
}
_DELAYED = {
    **_CHAIR,
    "was": _SOON,
    "now": _LATER,
    "cause": "supplier_late",
    "delay_days": 16,
    "comes": "2026-03-27",
    "choices": ["wait", "switch", "ship_ready", "cancel"],
    "charge": _CHARGE,
    "silence": "wait",
    "alternatives": [{"title": "Beech chair", "price": _PRICE}],
}
_ASKED = {
    **_BASE,
    "link": _LINK,
    "mode": "accidental",
    "groups": [{"mode": "accidental", "lines": [_DELAYED]}],
    "is_dated": True,
    "choices": ["cancel", "ship_ready", "switch", "wait"],
    "answer_by": _AT,
    "asked": {"at": "2026-03-02T08:00:00+00:00", "zone": "Europe/Berlin"},
    "silence": "wait",
    "refund": _PRICE,
    "refund_days": 7,
    "is_unpaid": False,
}
_WATCHED = {"shop": "Nordlicht", "title": "Oak chair", "url": "https://shop.example/chair", "until": _AT}

SAMPLES: Mapping[str, Facts] = {
    "confirmation": {
        **_BASE,
        "lines": [_PROMISED],
        "mode": "accidental",
        "partly": False,
        "is_complete": False,
        "is_switch": False,
        "cancel_until": "allocated",
        "withdrawal_days": None,
    },
    "mid_wait": {
        **_BASE,
        "lines": [{**_PROMISED, "was": None, "cause": None, "is_here": False}],
        "mode": "accidental",
        "is_here": False,
        "has_moved": False,
    },
    "delay_notice": _ASKED,
    "delay_reminder": _ASKED,
    "ready_to_ship": {**_BASE, "lines": [_CHAIR]},
    "partly_shipped": {**_BASE, **_PARCEL, "lines": [_CHAIR], "owed": [_TABLE]},
    "shipped": {**_BASE, **_PARCEL, "lines": [_CHAIR], "owed": []},
    "cancelled": {
        **_BASE,
        "lines": [{**_CHAIR, "cause": "too_late"}],
        "by_customer": False,
        "cause": "too_late",
        "refund": _PRICE,
        "refund_by": "2026-03-09",
        "at": _AT,
        "is_unpaid": False,
        "owed": [_TABLE],
    },
    "withdrawal": {
        **_BASE,
        "stated_order": "SO-1042",
        "stated_by": "Anna Berg",
        "statement": 17,
        "is_whole": True,
        "is_first": True,
        "lines": [{**_CHAIR, "became": "cancelled"}, {**_TABLE, "became": "return"}],
        "did": ["cancelled", "return"],
        "at": _AT,
        "refund_by": "2026-03-16",
    },
    "good_news": {**_BASE, "lines": [{**_CHAIR, "was": _LATER, "now": _SOON}]},
    "refund_sent": {**_BASE, "lines": [_CHAIR], "refund": _PRICE},
    "payment_ends": {**_BASE, "lines": [_TABLE], "amount": _PRICE, "ends": _AT},
    "back_in_stock": _WATCHED,
    "waitlist_offer": _WATCHED,
}
