"""What a letter says of an order, a line and a promise: plain facts, put into words when it is sent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backorders import rulebook
from backorders.models import AtpRule, DelayCase, Promise
from backorders.rules.types import WaitMode
from oms.kernel.causes import cause_code
from oms.orders.models import Order, OrderLine

CENT = Decimal("0.01")
Facts = dict[str, Any]


def of_order(order: Order, *, link: str = "") -> Facts:
    """Who writes to whom about what. Needs the order's channel and customer at hand."""
    return {
        "shop": order.channel.name or order.channel.code,
        "name": order.customer.name,
        "order": order.number,
        "region": order.region,
        "link": link,
    }


def of_line(line: OrderLine, qty: int) -> Facts:
    """The goods by the name the customer knows."""
    return {"line_no": line.line_no, "qty": qty, "title": line.sku.title or line.sku.code}


def of_promise(line: OrderLine, promise: Promise) -> Facts:
    """What a line is promised on acceptance: state, split, dates and what is charged when."""
    basis = promise.basis
    return {
        **of_line(line, promise.qty),
        "state": basis.get("state", "in_stock"),
        "mode": basis.get("mode", WaitMode.ACCIDENTAL),
        "now_qty": basis.get("now_qty", promise.qty),
        "later_qty": basis.get("later_qty", 0),
        "ships": ships(promise),
        "delivers": delivers(promise),
        "charge": of_charge(line, promise.qty, basis.get("charge")),
        **(_of_switch(line) if line.switched_from else {}),
    }


def of_case(case: DelayCase, before: Promise | None, *, as_duration: bool = False) -> Facts:
    """What a delay case asks: the old date, the new one, why, and what each answer means.

    `as_duration`: the law wants the delay told as a number of days or weeks as well.
    """
    line, promise = case.order_line, case.promise
    charge = of_charge(line, line.open_qty, promise.basis.get("charge"))
    return {
        **of_line(line, line.open_qty),
        "mode": promise.basis.get("mode", WaitMode.ACCIDENTAL),
        "was": ships(before),
        "now": ships(promise),
        "cause": cause_code(case.cause or promise.cause or "replan"),
        "delay_days": _delay_days(before, promise) if as_duration else None,
        "comes": _comes(promise),
        "choices": [str(choice).lower() for choice in case.choices],
        "charge": charge,
        "silence": case.silence_means,
    }


def _delay_days(before: Promise | None, promise: Promise) -> int | None:
    """Days from the last day told before to the new one; none where either is open or it is no later."""
    if before is None or before.ships_latest is None or promise.ships_latest is None:
        return None
    return max(0, (promise.ships_latest - before.ships_latest).days) or None


def _comes(promise: Promise) -> str | None:
    """The day the last of the goods it waits for is now expected here; none where none is."""
    days = [step.get("expected_on") for step in promise.basis.get("supplies") or []]
    return max((day for day in days if day), default=None) if promise.ships_latest else None


def of_charge(line: OrderLine, qty: int, charge: Mapping[str, Any] | None) -> Facts:
    """What is taken now and what at shipping; amounts are empty where the order came without prices."""
    charge = charge or {}
    policy = charge.get("policy") or AtpRule.ChargePolicy.AT_ORDER
    percent = charge.get("deposit_percent") or 0
    total = line.unit_price * qty
    share = {AtpRule.ChargePolicy.AT_ORDER: 100, AtpRule.ChargePolicy.AT_SHIP: 0}.get(policy, percent)
    now = (total * share / 100).quantize(CENT)
    return {
        "policy": str(policy),
        "percent": percent,
        "disclosure": charge.get("disclosure") or "",
        "now": money(now, line.order.currency) if total else None,
        "later": money(total - now, line.order.currency) if total else None,
    }


def ships(promise: Promise | None) -> Facts | None:
    """The window in which it ships; none when nobody can say."""
    return _window(promise.ships_earliest, promise.ships_latest) if promise else None


def delivers(promise: Promise | None) -> Facts | None:
    """The window in which the customer has it; none when nobody can say."""
    return _window(promise.delivers_earliest, promise.delivers_latest) if promise else None


def money(amount: Decimal, currency: str) -> Facts:
    """An amount as every letter and answer carries it."""
    return {"amount": str(amount.quantize(CENT)), "currency": currency}


def total(amounts: Sequence[Facts | None]) -> Facts | None:
    """The sum of amounts of one currency; none where there is nothing, or one is not known."""
    known = [amount for amount in amounts if amount]
    if not known or len(known) < len(amounts):
        return None
    sum_ = sum((Decimal(amount["amount"]) for amount in known), Decimal(0))
    return money(sum_, known[0]["currency"]) if sum_ else None


def instant(at: datetime, zone: str) -> Facts:
    """An instant with the zone it is to be said in."""
    return {"at": at.isoformat(), "zone": zone}


def house_zone() -> str:
    """The zone of the place that ships first: deadlines are said in it."""
    active = [location for location in rulebook.current().locations.values() if location.is_active]
    first = min(active, key=lambda location: (location.priority, location.code), default=None)
    return str(first.timezone) if first else "UTC"


def by_order(lines: Iterable[tuple[OrderLine, Any]]) -> dict[Order, list[Any]]:
    """Things about lines, gathered by order in line order."""
    gathered: dict[Order, list[Any]] = {}
    for line, thing in sorted(lines, key=lambda pair: (pair[0].order_id, pair[0].line_no)):
        gathered.setdefault(line.order, []).append(thing)
    return gathered


def _of_switch(line: OrderLine) -> Facts:
    """What the customer had before, and what is over because the new article costs less."""
    old = line.switched_from
    assert old is not None
    over = (old.unit_price - line.unit_price) * line.ordered_qty
    return {
        "instead_of": old.sku.title or old.sku.code,
        "difference": money(over, line.order.currency) if over > 0 else None,
    }


def _window(earliest: date | None, latest: date | None) -> Facts | None:
    if latest is None:
        return None
    return {"earliest": (earliest or latest).isoformat(), "latest": latest.isoformat()}
