"""Withdrawal from the contract: the statement is kept as it came, then acted on, and acknowledged by mail.

What has not left is cancelled, what has left comes back as a return, and what the warehouse was already asked
for waits until it is given back or has left.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from backorders import composing, courses, delivered, standing, telling, withdrawn
from backorders.lawbook import Law, holidays_from, zone_of_order
from backorders.models import CancellationPolicy, Demand, Withdrawal
from backorders.rules import refunding
from backorders.rules import withdrawing as rules
from backorders.rules.law import Terms
from backorders.rules.types import WaitMode
from backorders.rules.withdrawing import Became, Held, Part
from backorders.standing import Standing
from inventory.bounds import check_past_instant
from inventory.locks import lock_skus
from notifications.models import Message
from oms.kernel import clock
from oms.kernel.actors import Actor, ActorKind, job
from oms.kernel.errors import Conflict, DomainError, InvalidValue, UnknownReference
from oms.kernel.nudge import nudge
from oms.kernel.zones import local_day
from oms.orders import lifecycle, returning
from oms.orders.locks import lock_order
from oms.orders.models import Order, OrderLine

logger = logging.getLogger(__name__)

State = Withdrawal.State
UNDONE = (State.WAITING, State.UNMATCHED)
SWEEP = 200
# A customer has so many days to send goods back after telling us.
DAYS_TO_SEND_BACK = 14


class StatementTaken(Conflict):
    """The external id stands for a statement about another order already."""

    code = "withdrawal_taken"


class AlreadyNamed(Conflict):
    """The statement is about an order we know."""

    code = "withdrawal_settled"


@transaction.atomic
def record(
    *,
    key: str,
    order: Order | None = None,
    given_order: str,
    given_email: str = "",
    given_name: str = "",
    wanted: Mapping[int, int] | None = None,
    language: str = "en",
    at: datetime | None = None,
    actor: Actor,
) -> Withdrawal:
    """Keep a statement as it was received; the same `key` again gives the one kept.

    `wanted` are units by line number, nothing for the whole order. `at`: when it reached us, if not now.
    Whether an order of that number and address exists is looked up later, so that the time this takes
    tells nobody.
    """
    row, _ = Withdrawal.objects.get_or_create(
        key=key,
        defaults={
            "order": order,
            "given_order": given_order,
            "given_email": given_email,
            "given_name": given_name,
            "wanted": {str(line_no): qty for line_no, qty in (wanted or {}).items()},
            "language": language,
            "at": at or clock.now(),
            "by": str(actor),
        },
    )
    nudge("backorders.tasks.settle_withdrawals")
    return row


@transaction.atomic
def record_for(
    *,
    key: str,
    order_id: int,
    wanted: Mapping[int, int] | None = None,
    given_name: str = "",
    received_at: datetime | None = None,
    actor: Actor,
) -> Withdrawal:
    """Record and act on a statement that reached us by telephone, letter or mail, for the order it names.

    The same `key` again gives the one kept. Raises NotFound, UnknownReference for a line that is not on the
    order, StatementTaken, or InvalidValue for an instant to come or before the order.
    """
    order = lock_order(order_id)
    at = received_at or clock.now()
    check_past_instant(at, field="received_at")
    if at < order.placed_at:
        raise InvalidValue("Nobody withdraws from an order not yet placed.", field="received_at")
    known = set(order.lines.values_list("line_no", flat=True))
    for index, line_no in enumerate(wanted or ()):
        if line_no not in known:
            raise UnknownReference(f"{order} has no line {line_no}.", field=f"lines[{index}].line_no")
    row = record(
        key=key,
        order=order,
        given_order=order.number,
        given_name=given_name,
        wanted=wanted,
        language=order.customer.locale,
        at=at,
        actor=actor,
    )
    if row.order_id != order.pk:
        raise StatementTaken(
            f"This is a statement about {row.order or row.given_order}.", field="external_id"
        )
    return settle(withdrawal_id=row.pk)


def settle_received() -> int:
    """Act on statements that wait to be acted on; returns how many were settled.

    One that cannot be settled is logged and does not hold up the others.
    """
    waiting = Withdrawal.objects.filter(state__in=(State.RECEIVED, State.WAITING)).order_by("at", "pk")
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)[:SWEEP]):
        try:
            done += settle(withdrawal_id=pk).state == State.SETTLED
        except DomainError:
            logger.exception("withdrawal %s could not be acted on", pk)
    return done


@transaction.atomic
def settle(*, withdrawal_id: int, order: Order | None = None) -> Withdrawal:
    """Do what a statement asks as far as it can be done now; `order` names the one that it means.

    Repeating it is safe: what is done stays done.
    """
    row = Withdrawal.objects.get(pk=withdrawal_id)
    meant = row.order or order or _named(row)
    if meant is None:
        Withdrawal.objects.filter(pk=row.pk, state=State.RECEIVED).update(state=State.UNMATCHED)
        row.refresh_from_db()
        return row
    lock_order(meant.pk)
    row.refresh_from_db()
    if row.state in (State.RECEIVED, State.WAITING, State.UNMATCHED):
        _act(row, Order.objects.select_related("customer", "channel").get(pk=meant.pk))
    return row


@transaction.atomic
def name_order(*, withdrawal_id: int, order: Order) -> Withdrawal:
    """Say which order a statement means that names none of ours, and act on it; raises AlreadyNamed."""
    if not Withdrawal.objects.filter(pk=withdrawal_id, order=None, state=State.UNMATCHED).exists():
        raise AlreadyNamed("This statement has its order already.", field="order")
    return settle(withdrawal_id=withdrawal_id, order=order)


def undone() -> QuerySet[Withdrawal]:
    """Statements that name no order of ours, or wait for the warehouse to let go of the goods."""
    return Withdrawal.objects.filter(state__in=UNDONE)


def is_offered(order: Order, lines: Sequence[Standing]) -> bool:
    """Whether there is anything on the order from which its customer may withdraw by law now."""
    parts = _decide(order, lines, wanted={}, on=local_day(clock.now(), zone_of_order(order)))
    return any(part.became in rules.DONE for part in parts)


def preview(order: Order, wanted: Mapping[int, int] | None = None) -> list[Part]:
    """What a statement about these units, or the whole order, would do now."""
    return _decide(
        order, standing.of_order(order), wanted=wanted or {}, on=local_day(clock.now(), zone_of_order(order))
    )


def _act(row: Withdrawal, order: Order) -> None:
    # Before looking: a release in between would have the goods packed that are being cancelled.
    lock_skus(set(Demand.objects.filter(order_line__order=order).values_list("sku_id", flat=True)))
    lines = standing.of_order(order)
    kept = [part for part in row.outcome if part["became"] != Became.AT_WAREHOUSE]
    before = row.state
    parts = _decide(order, lines, wanted=_still_wanted(row), on=local_day(row.at, zone_of_order(order)))
    stuck = [part for part in parts if part.became == Became.AT_WAREHOUSE]
    if before == State.WAITING and len(stuck) == len(parts):
        return
    # Before anything is cancelled: what goes back is counted from the statements of the order.
    Withdrawal.objects.filter(pk=row.pk).update(order=order)
    row.order = order
    _cancel(row, order, lines, parts)
    _send_back(row, order, parts)
    row.outcome = [*kept, *({**asdict(part), "became": str(part.became)} for part in parts)]
    row.state = State.WAITING if stuck else State.SETTLED
    row.settled_at = None if stuck else clock.now()
    row.save(update_fields=["order", "outcome", "state", "settled_at"])
    _acknowledge(row, order, [each.line for each in lines], is_first=before != State.WAITING)


def _acknowledge(row: Withdrawal, order: Order, lines: Iterable[OrderLine], *, is_first: bool) -> None:
    """Say that a withdrawal was received, with its content, day and hour, and what became of it."""
    titles = {line.line_no: line.sku.title or line.sku.code for line in lines}
    context = {
        "statement": row.pk,
        "stated_by": row.given_name or order.customer.name,
        "stated_order": row.given_order,
        "is_whole": not row.wanted,
        "lines": [{**part, "title": titles.get(part["line_no"], "")} for part in row.outcome],
        "did": sorted({part["became"] for part in row.outcome}),
        "at": composing.instant(row.at, composing.house_zone()),
        "refund_by": refunding.withdrawal_refund_by(local_day(row.at, zone_of_order(order))).isoformat(),
        "is_first": is_first,
    }
    telling.tell_of("withdrawal", order, context, f"withdrawal{row.pk}" + ("" if is_first else ",settled"))


def _still_wanted(row: Withdrawal) -> dict[int, int]:
    """Units by line that are still to be dealt with; nothing means the whole order."""
    if row.state != State.WAITING:
        return {int(line_no): qty for line_no, qty in row.wanted.items()}
    stuck = [part for part in row.outcome if part["became"] == Became.AT_WAREHOUSE]
    return {part["line_no"]: part["qty"] for part in stuck}


def _cancel(row: Withdrawal, order: Order, lines: Iterable[Standing], parts: Iterable[Part]) -> None:
    ids = {each.line.line_no: each.line.pk for each in lines}
    qtys = {ids[part.line_no]: part.qty for part in parts if part.became == Became.CANCELLED}
    if qtys:
        lifecycle.cancel_lines(
            order_id=order.pk, qtys=qtys, cause=withdrawn.SOURCE, note=str(row), actor=_actor_of(row)
        )


def _send_back(row: Withdrawal, order: Order, parts: Iterable[Part]) -> None:
    back = [(part.line_no, part.qty) for part in parts if part.became == Became.RETURN]
    if back:
        returning.announce_return(
            external_id=f"{row.pk}/{len(row.outcome)}",
            source=withdrawn.SOURCE,
            order_id=order.pk,
            expected_on=clock.now().date() + timedelta(days=DAYS_TO_SEND_BACK),
            lines=back,
            owes_refund=True,
            actor=_actor_of(row),
        )


def _actor_of(row: Withdrawal) -> Actor:
    kind, _, name = row.by.partition(":")
    return job("settle_withdrawals") if kind == ActorKind.JOB else Actor(ActorKind(kind), name)


def _decide(order: Order, lines: Sequence[Standing], *, wanted: Mapping[int, int], on: date) -> list[Part]:
    terms = Law().terms_of(order)
    back = returning.may_come_back(order)
    held = [
        Held(
            line_no=each.line.line_no,
            loose_qty=each.loose_qty,
            at_warehouse_qty=each.line.open_qty - each.loose_qty,
            sent_qty=back.get(each.line.pk, 0),
            wanted_qty=wanted.get(each.line.line_no, 0) if wanted else None,
            is_excepted=_is_final(each),
        )
        for each in lines
    ]
    days = terms.withdrawal_days if terms else 0
    return rules.settle(held, is_granted=days > 0, is_in_time=_is_in_time(order, lines, terms, on))


def _is_in_time(order: Order, lines: Sequence[Standing], terms: Terms | None, on: date) -> bool:
    last = _last_delivered_on(order, lines)
    if terms is None:
        return False
    return refunding.may_withdraw(
        today=on,
        days=terms.withdrawal_days,
        last_delivered_on=last,
        uninformed_months=terms.uninformed_months,
        informed_on=_informed_on(order) if last else None,
        holidays=holidays_from(order.country, last) if last else (),
    )


def _informed_on(order: Order) -> date | None:
    """The day the customer was told of the right, by a confirmation that left and did not come back."""
    told = Message.objects.filter(
        kind="confirmation", subject_ref=order.number, sent_at__isnull=False, context__withdrawal_days__gt=0
    ).exclude(state__in=courses.UNREACHED)
    first = told.order_by("sent_at").values_list("sent_at", flat=True).first()
    return local_day(first, zone_of_order(order)) if first else None


def _last_delivered_on(order: Order, lines: Sequence[Standing]) -> date | None:
    """When the customer had the last of it, at the latest; nothing while something is still to come."""
    if any(each.line.open_qty for each in lines):
        return None
    last = delivered.last_of_order(order.pk)
    return last.on if last else None


def _is_final(line: Standing) -> bool:
    """Made to order, and the policy says that such an order is final; nothing else may be."""
    final = line.policy.self_cancel_until == CancellationPolicy.Until.NEVER
    return line.mode == WaitMode.MADE_TO_ORDER and final


def _named(row: Withdrawal) -> Order | None:
    """The order that was typed, by our number or the shop's, if the address is that of its customer."""
    number, email = row.given_order.strip(), row.given_email.strip()
    if not number or not email:
        return None
    of_customer = Order.objects.filter(customer__email__in={email, email.lower()}).order_by("-pk")
    by_number = of_customer.filter(number=number.upper()).first()
    return by_number or of_customer.filter(external_id=number.removeprefix("#")).first()
