"""What customers are told of their orders: one message per order and event, in the event's transaction."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import partial
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from backorders import composing, lawbook, rulebook, tokens
from backorders.cancelling import Policies
from backorders.composing import Facts
from backorders.models import CancellationPolicy, DelayCase, Promise
from backorders.rules.quiet import leaves_at
from backorders.rules.types import State, WaitMode
from inventory.models import Alternative
from notifications import outbox
from notifications.models import Message
from notifications.outbox import NewMessage
from oms.kernel import bulk, clock, revisions
from oms.orders.models import Cancellation, Order, OrderLine, Refund
from oms.payments.models import Payment

LONGEST_KEY = Message._meta.get_field("key").max_length or 0
OFFERED_INSTEAD = 3
CUSTOMERS_WISH = frozenset({"customer_request", "customer_choice", "withdrawal"})


def confirm_order(promises: Iterable[Promise]) -> None:
    """Confirm lines of one order, loaded with it, by their first promises: state, dates, charge."""
    found = sorted(promises, key=lambda promise: promise.order_line.line_no)
    if not found:
        return
    order = found[0].order_line.order
    lines = [composing.of_promise(promise.order_line, promise) for promise in found]
    waiting = [line for line in lines if line["state"] != State.IN_STOCK]
    context = {
        **composing.of_order(order),
        "lines": lines,
        "mode": _one_or_mixed({line["mode"] for line in waiting}),
        "partly": len(waiting) < len(lines) or any(line["now_qty"] for line in waiting),
        "is_complete": order.ship_policy == Order.ShipPolicy.COMPLETE and len(lines) > 1,
        "is_switch": any(promise.order_line.switched_from_id for promise in found),
        "cancel_until": _cancel_until(found),
        "withdrawal_days": lawbook.withdrawal_days(order),
    }
    _tell([_message("confirmation", order, context, _revisions((each.order_line, each) for each in found))])


@revisions.steady()
def tell_delay(
    *, case_ids: Collection[int], links: Mapping[int, str] | None = None, kind: str = "delay_notice"
) -> dict[int, str]:
    """Ask the customers of these delay cases, one message per order; gives the key of each case's message.

    `links` lead to the answer, by case id. Its number of queries does not grow with the number of cases.
    """
    # Many cases share a few SKUs, shops and customers: each is read once.
    found = DelayCase.objects.select_related("order_line__order", "promise").prefetch_related(
        *_ORDER, "order_line__sku"
    )
    cases = list(found.filter(pk__in=bulk.ids(case_ids)))
    gathered = composing.by_order((case.order_line, case) for case in cases)
    write = partial(
        _delay_message,
        kind=kind,
        before=_promises_before([case.promise for case in cases]),
        instead=_alternatives({case.order_line.sku_id for case in cases}),
        policies=Policies(),
        zone=composing.house_zone(),
    )
    messages = {order: write(order, mine, link=_link(mine, links or {})) for order, mine in gathered.items()}
    _tell(list(messages.values()))
    return {case.pk: messages[order].key for order, mine in gathered.items() for case in mine}


@revisions.steady()
def tell_cancelled(*, cancellation_ids: Collection[int]) -> None:
    """Tell what was cancelled, why, what is paid back by when, and what still comes.

    A line that was switched is not told: the confirmation of the new one says so.
    """
    found = Cancellation.objects.filter(pk__in=list(cancellation_ids)).exclude(cause="switched")
    cancellations = list(
        found.select_related("line__order__channel", "line__order__customer", "line__sku", "refund")
    )
    owed = owed_of({cancellation.line.order_id for cancellation in cancellations})
    paid_later = _unpaid_lines({cancellation.line_id for cancellation in cancellations})
    gathered = composing.by_order((cancellation.line, cancellation) for cancellation in cancellations)
    _tell(
        [
            _cancelled_message(order, mine, owed=owed.get(order.pk, []), paid_later=paid_later)
            for order, mine in gathered.items()
        ]
    )


def tell_of(kind: str, order: Order, context: Facts, event: str) -> None:
    """Tell one thing about an order, once for its event; the facts of the order are added."""
    tell_each(kind, [(order, context, event)])


def tell_each(kind: str, told: Iterable[tuple[Order, Facts, str]]) -> None:
    """The same of many orders, each with the facts and the event of its own."""
    _tell(
        [_message(kind, order, {**composing.of_order(order), **facts}, event) for order, facts, event in told]
    )


@revisions.steady()
def tell_good_news(*, line_ids: Collection[int]) -> None:
    """Tell that lines ship earlier than promised, once it is certain."""
    current = list(
        Promise.objects.filter(order_line_id__in=list(line_ids), superseded_at=None).select_related(
            *_ORDER, "order_line__sku"
        )
    )
    before = _promises_before(current)
    gathered = composing.by_order((promise.order_line, promise) for promise in current)
    messages = []
    for order, mine in gathered.items():
        lines = [
            {
                **composing.of_line(promise.order_line, promise.order_line.open_qty),
                "was": composing.ships(before.get(promise.order_line_id)),
                "now": composing.ships(promise),
            }
            for promise in mine
        ]
        context = {**composing.of_order(order), "lines": lines}
        messages.append(
            _message("good_news", order, context, _revisions((each.order_line, each) for each in mine))
        )
    _tell(messages)


@revisions.steady()
def tell_midway(*, told: Mapping[Order, Facts], promises: Mapping[Order, Sequence[Promise]]) -> None:
    """Tell where it stands before the quoted date, one message per order."""
    _tell(
        [
            _message(
                "mid_wait", order, facts, _revisions((each.order_line, each) for each in promises[order])
            )
            for order, facts in told.items()
        ]
    )


@revisions.steady()
def tell_refund_sent(*, refund_ids: Collection[int]) -> None:
    """Tell that money is on its way back."""
    refunds = Refund.objects.filter(pk__in=list(refund_ids)).select_related(
        "order__channel", "order__customer", "cancellation__line__sku"
    )
    _tell(
        [
            _message(
                "refund_sent",
                refund.order,
                {
                    **composing.of_order(refund.order),
                    "lines": [composing.of_line(each.line, each.qty) for each in _cancelled_by(refund)],
                    "refund": composing.money(refund.amount, refund.currency),
                },
                f"refund{refund.pk}",
            )
            for refund in refunds
        ]
    )


def tell_payment_ends(*, payment_ids: Collection[int]) -> None:
    """Ask to pay again, as what the bank holds for an order ends before its goods ship."""
    payments = Payment.objects.filter(pk__in=list(payment_ids)).select_related(
        "order__channel", "order__customer"
    )
    _tell([_payment_message(payment, composing.house_zone()) for payment in payments])


_ORDER = ("order_line__order__channel", "order_line__order__customer")


def _tell(messages: Sequence[NewMessage]) -> None:
    outbox.tell(messages=tokens.with_order_links(messages))


def _message(
    kind: str, order: Order, context: Facts, event: str, *, deadline: datetime | None = None
) -> NewMessage:
    """One message; `event` with kind and order is its key for ever. Quiet hours wait, a deadline does not."""
    key = f"{kind}:{order.number}:{event}"
    if len(key) > LONGEST_KEY:
        key = f"{kind}:{order.number}:{hashlib.sha256(event.encode()).hexdigest()[:40]}"
    return NewMessage(
        key=key,
        kind=kind,
        recipient=order.customer.email,
        locale=order.customer.locale,
        subject_ref=order.number,
        context=context,
        due_at=_leaves_at(order, deadline),
    )


def _leaves_at(order: Order, deadline: datetime | None) -> datetime:
    policy = rulebook.current().telling_of(order.channel_id)
    if policy.quiet_from is None:
        return clock.now()
    return leaves_at(
        clock.now(),
        zone=composing.house_zone(),
        quiet_from=policy.quiet_from,
        quiet_until=policy.quiet_until,
        deadline=deadline,
    )


def _revisions(promised: Iterable[tuple[OrderLine, Promise]]) -> str:
    return ",".join(f"{line.line_no}r{promise.revision}" for line, promise in promised)


def _delay_message(
    order: Order,
    cases: Sequence[DelayCase],
    *,
    before: Mapping[int, Promise],
    instead: Mapping[int, list[Facts]],
    policies: Policies,
    link: str,
    zone: str,
    kind: str = "delay_notice",
) -> NewMessage:
    terms = policies.law.terms_of(order)
    as_duration = terms is not None and terms.notice_as_duration
    lines = [
        {
            **composing.of_case(case, before.get(case.order_line_id), as_duration=as_duration),
            "alternatives": instead.get(case.order_line.sku_id, []),
        }
        for case in cases
    ]
    means = {line["silence"] for line in lines}
    taken = [line["charge"]["now"] for line in lines]
    context = {
        **composing.of_order(order, link=link),
        "groups": _by_mode(lines),
        # The law asks which questions a letter told that has left.
        "case_ids": [case.pk for case in cases],
        "is_dated": all(line["now"] for line in lines),
        "choices": sorted({choice for line in lines for choice in line["choices"]}),
        "answer_by": composing.instant(min(case.answer_by for case in cases), zone),
        "refund": composing.total(taken),
        "refund_days": policies.refund_days(
            (case.order_line, case.promise.basis.get("mode", "")) for case in cases
        ),
        "is_unpaid": all(line["charge"]["policy"] == "at_ship" for line in lines),
        # One sentence for all where silence means the same for all.
        "silence": means.pop() if len(means) == 1 else None,
        "asked": composing.instant(min(case.opened_at for case in cases), zone),
    }
    revisions = _revisions((case.order_line, case.promise) for case in cases)
    return _message(kind, order, context, revisions, deadline=_notice_by(before, cases, zone))


def _notice_by(before: Mapping[int, Promise], cases: Sequence[DelayCase], zone: str) -> datetime | None:
    """The end of the first day that was promised before: a notice after it cures nothing."""
    days = [
        was.ships_latest for case in cases if (was := before.get(case.order_line_id)) and was.ships_latest
    ]
    return datetime.combine(min(days), time.max, ZoneInfo(zone)) if days else None


def _cancelled_message(
    order: Order, cancellations: Sequence[Cancellation], *, owed: list[Facts], paid_later: Collection[int]
) -> NewMessage:
    lines = [{**composing.of_line(each.line, each.qty), "cause": each.cause} for each in cancellations]
    refunds = [
        each.refund for each in cancellations if hasattr(each, "refund") and each.line_id not in paid_later
    ]
    causes = {each.cause for each in cancellations}
    context = {
        **composing.of_order(order),
        "lines": lines,
        "by_customer": causes <= CUSTOMERS_WISH,
        "cause": causes.pop() if len(causes) == 1 else None,
        "refund": composing.money(sum_, order.currency) if (sum_ := sum(r.amount for r in refunds)) else None,
        "refund_by": min(refund.due_on for refund in refunds).isoformat() if refunds else None,
        "at": composing.instant(max(each.at for each in cancellations), composing.house_zone()),
        "is_unpaid": all(each.line_id in paid_later for each in cancellations),
        "owed": owed,
    }
    return _message("cancelled", order, context, ",".join(str(each.pk) for each in cancellations))


def _payment_message(payment: Payment, zone: str) -> NewMessage:
    open_amount = payment.authorised_amount - payment.captured_amount
    context = {
        **composing.of_order(payment.order),
        "amount": composing.money(open_amount, payment.currency),
        "ends": composing.instant(payment.expires_at, zone) if payment.expires_at else None,
        "lines": owed_of([payment.order_id]).get(payment.order_id, []),
    }
    return _message("payment_ends", payment.order, context, f"payment{payment.pk}")


def _cancelled_by(refund: Refund) -> list[Cancellation]:
    """What was cancelled; nothing for a refund of another cause."""
    return [refund.cancellation] if refund.cancellation else []


def owed_of(order_ids: Iterable[int]) -> dict[int, list[Facts]]:
    """What is still open on each order, with the day it is promised for."""
    open_lines = OrderLine.objects.filter(order_id__in=list(order_ids), open_qty__gt=0).select_related("sku")
    promises = {
        promise.order_line_id: promise
        for promise in Promise.objects.filter(order_line__in=open_lines, superseded_at=None)
    }
    owed: dict[int, list[Facts]] = {}
    for line in open_lines.order_by("order_id", "line_no"):
        facts = {**composing.of_line(line, line.open_qty), "ships": composing.ships(promises.get(line.pk))}
        owed.setdefault(line.order_id, []).append(facts)
    return owed


def _unpaid_lines(line_ids: Collection[int]) -> set[int]:
    """Lines of which nothing is charged before they ship."""
    return {
        promise.order_line_id
        for promise in Promise.objects.filter(order_line_id__in=list(line_ids), superseded_at=None)
        if (promise.basis.get("charge") or {}).get("policy") == "at_ship"
    }


def _promises_before(promises: Sequence[Promise]) -> dict[int, Promise]:
    """The promise that each of these superseded, by line."""
    lines = {promise.order_line_id: promise.revision - 1 for promise in promises}
    earlier = Promise.objects.filter(order_line_id__in=bulk.ids(lines), superseded_at__isnull=False).only(
        "order_line_id", "revision", "ships_earliest", "ships_latest"
    )
    return {p.order_line_id: p for p in earlier.order_by("revision") if p.revision <= lines[p.order_line_id]}


def _alternatives(sku_ids: Collection[int]) -> dict[int, list[Facts]]:
    """What may be offered instead, best first."""
    offered: dict[int, list[Facts]] = {}
    for row in (
        Alternative.objects.filter(sku_id__in=sku_ids).select_related("alternative").order_by("rank", "id")
    ):
        sku = row.alternative
        price = composing.money(sku.price, sku.currency) if sku.price is not None else None
        offered.setdefault(row.sku_id, []).append({"title": sku.title or sku.code, "price": price})
    return {sku_id: mine[:OFFERED_INSTEAD] for sku_id, mine in offered.items()}


def _link(cases: Sequence[DelayCase], links: Mapping[int, str]) -> str:
    """One page answers for all lines of an order that were asked about together."""
    return next((links[case.pk] for case in cases if case.pk in links), "")


def _by_mode(lines: Sequence[Facts]) -> list[Facts]:
    ordered = sorted(lines, key=lambda line: (line["mode"] != WaitMode.ACCIDENTAL, line["mode"]))
    return [{"mode": mode, "lines": list(mine)} for mode, mine in groupby(ordered, key=itemgetter("mode"))]


def _one_or_mixed(modes: set[str]) -> str:
    """The one mode that all who wait share, `mixed`, or nothing where nobody waits."""
    return "mixed" if len(modes) > 1 else next(iter(modes), "")


def _cancel_until(promises: Sequence[Promise]) -> str:
    """Until which state the customer may cancel all of these lines: the least that a policy allows."""
    policies = Policies()
    untils = {policies.of(p.order_line, p.basis.get("mode", "")).self_cancel_until for p in promises}
    return next(until for until in CancellationPolicy.Until.values if until in untils)
