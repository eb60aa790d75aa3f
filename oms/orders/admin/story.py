"""What happened to an order line, oldest first: accepted, promised, asked, told, shipped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from backorders import explanations
from backorders.models import Backorder, DelayCase, Promise
from backorders.queries import Chain
from backorders.rules.explaining import Names
from oms.kernel import shown
from oms.orders.models import Cancellation, OrderLine, PickLine, ShipmentLine
from purchasing.models import DateChange


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; `why` answers “why this date?”."""

    at: datetime
    what: str
    tone: str = "plain"
    more: Sequence[str] = ()
    why: Sequence[str] = ()
    by: str = ""


def of(chain: Chain) -> list[Step]:
    """All steps in order; the number of queries does not grow with them."""
    steps = [
        *_accepted(chain.line),
        *_promises(chain.promises),
        *(_backorder(chain.backorder) if chain.backorder else ()),
        *_cases(chain.cases),
        *_purchases(chain),
        *_warehouse(chain.line),
        *_cancellations(chain.line),
        *_messages(chain),
    ]
    return sorted(steps, key=lambda step: step.at)


def _accepted(line: OrderLine) -> Iterator[Step]:
    wanted = f"Wanted on {shown.day(line.wanted_on)}." if line.wanted_on else "Wanted as soon as possible."
    units = shown.count(line.ordered_qty, "unit")
    yield Step(line.order.accepted_at, f"Accepted: {units} of {line.sku}", "note", [wanted])


def _promises(promises: Sequence[Promise]) -> Iterator[Step]:
    names = explanations.names_for(promises)
    before: Promise | None = None
    for promise in promises:
        yield _promise(promise, before, names)
        before = promise


def _promise(promise: Promise, before: Promise | None, names: Names) -> Step:
    dates = shown.window(promise.ships_earliest, promise.ships_latest)
    reasons = explanations.for_staff(promise.basis, names=names)
    label = [f"“{promise.label}”"] if promise.label else []
    if before is None:
        return Step(promise.made_at, f"Promised to ship {dates}", "good", label, reasons, promise.made_by)
    more = [f"Why: {shown.cause(promise.cause)}.", *([promise.note] if promise.note else []), *label]
    moved, tone = _moved(before, promise)
    return Step(promise.made_at, f"Promise moved to {dates}{moved}", tone, more, reasons, promise.made_by)


def _moved(before: Promise, after: Promise) -> tuple[str, str]:
    if before.ships_latest is None or after.ships_latest is None:
        return "", "bad" if after.ships_latest is None else "good"
    days = (after.ships_latest - before.ships_latest).days
    if days > 0:
        return f", {shown.count(days, 'day')} later", "bad"
    return (f", {shown.count(-days, 'day')} earlier", "good") if days else ("", "plain")


def _backorder(backorder: Backorder) -> Iterator[Step]:
    cause = shown.spelt(backorder.cause)
    units = shown.count(backorder.qty, "unit")
    yield Step(backorder.opened_at, f"{units} on backorder", "warn", [f"Cause now: {cause}."])
    for tag in backorder.tags.all():
        if tag.by.startswith("user:"):
            cause = shown.spelt(tag.cause)
            yield Step(
                tag.at, f"Cause corrected to {cause}", "note", [tag.note] if tag.note else [], by=tag.by
            )
    if backorder.closed_at:
        yield Step(backorder.closed_at, "No longer on backorder", "good")


def _cases(cases: Sequence[DelayCase]) -> Iterator[Step]:
    for case in cases:
        choices = ", ".join(str(choice).lower().replace("_", " ") for choice in case.choices)
        silence = f"Silence until {shown.instant(case.answer_by)} means {case.silence_means}."
        yield Step(case.opened_at, f"Asked the customer: {choices}", "warn", [silence])
        for answer in case.answers.all():
            words = shown.spelt(answer.choice)
            who = "Silence meant" if answer.is_silence else "The customer chose"
            yield Step(answer.at, f"{who} {words}", "note", by=answer.by)


def _purchases(chain: Chain) -> Iterator[Step]:
    lines = {
        peg.supply.purchase_line.pk
        for demand in chain.demands
        for peg in demand.pegs.all()
        if hasattr(peg.supply, "purchase_line")
    }
    changes = DateChange.objects.filter(line__in=lines, field=DateChange.Field.EXPECTED) if lines else None
    for change in changes.select_related("line__purchase_order") if changes is not None else ():
        words = f"{change.line} moved from {shown.day(change.from_on)} to {shown.day(change.to_on)}"
        yield Step(
            change.at,
            words,
            "plain",
            [f"Why: {shown.cause(change.cause)}. {change.note}".strip()],
            by=change.by,
        )


def _warehouse(line: OrderLine) -> Iterator[Step]:
    for row in PickLine.objects.filter(line=line).select_related("pick__location", "sku"):
        units = shown.count(row.qty, "unit")
        what = f"{row.pick.location} asked to pick {units} of {row.sku}"
        yield Step(row.pick.requested_at, what, "note", [f"{row.pick}, {row.pick.get_state_display()}"])
    left = ShipmentLine.objects.filter(pick_line__line=line).select_related("shipment", "pick_line__sku")
    for parcel in left:
        what = f"{shown.count(parcel.qty, 'unit')} of {parcel.pick_line.sku} shipped"
        carrier = f"{parcel.shipment.carrier} {parcel.shipment.tracking}".strip()
        more = [carrier] if carrier else []
        yield Step(parcel.shipment.scanned_at, what, "good", more, by=parcel.shipment.by)


def _cancellations(line: OrderLine) -> Iterator[Step]:
    for row in Cancellation.objects.filter(line=line):
        more = [f"Why: {shown.cause(row.cause)}. {row.note}".strip()]
        yield Step(row.at, f"{shown.count(row.qty, 'unit')} cancelled", "bad", more, by=row.by)


def _messages(chain: Chain) -> Iterator[Step]:
    for message in chain.messages:
        kind = shown.spelt(message.kind)
        tone = "bad" if message.state in ("failed", "bounced") else "plain"
        at = message.sent_at or message.created_at
        state = "Told" if message.sent_at else f"To be told ({message.state})"
        yield Step(at, f"{state}: {kind}", tone, [f"{message.recipient}: {message.subject}".rstrip(": ")])
