"""Cancellation policies at work: what a customer may cancel, and what ends by itself when it is too late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q

from backorders import courses, rulebook
from backorders.lawbook import Law
from backorders.models import CancellationPolicy, Demand, NeverCancel, Peg
from backorders.rules import cancelling as rules
from backorders.rules.cancelling import Permit, Reached
from backorders.rules.delays import LineState
from backorders.rules.ending import ending
from backorders.rules.refunding import DayCount, RefundRule, days_told, may_withdraw
from backorders.rules.types import WaitMode
from oms.kernel import clock
from oms.kernel.actors import job
from oms.kernel.errors import DomainError
from oms.kernel.events import QtyCancelled
from oms.kernel.zones import local_day
from oms.orders import lifecycle
from oms.orders.models import Cancellation, OrderLine
from oms.payments.models import Payment

BY_CUSTOMER = frozenset({"customer_request"})
SWEEP = 500
_UNTIL: dict[str, Reached | None] = {
    CancellationPolicy.Until.NEVER: None,
    CancellationPolicy.Until.ACCEPTED: Reached.ACCEPTED,
    CancellationPolicy.Until.ALLOCATED: Reached.ALLOCATED,
    CancellationPolicy.Until.RELEASED: Reached.RELEASED,
}


class PolicyForbids(DomainError):
    """The cancellation policy does not let the customer cancel this line any more."""

    code = "cancellation_not_allowed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the customer may cancel now, why (a stable code), until which state, and for which fee."""

    ok: bool
    why: str
    until: str
    fee: Decimal = Decimal(0)


class Policies:
    """All active policies, read once; `of` finds the one in force for a line."""

    def __init__(self) -> None:
        self.rows = {row.pk: row for row in rulebook.current().cancellation if row.is_active}
        self.views = [_view(row) for row in self.rows.values()]
        self.law = Law()

    def of(self, line: OrderLine, mode: str) -> CancellationPolicy:
        """The most specific policy for a line (with its order and SKU loaded); else the defaults."""
        chosen = rules.choose_policy(
            self.views,
            sku_id=line.sku_id,
            category=line.sku.category,
            channel_id=line.order.channel_id,
            region=line.order.region,
            mode=mode,
            on=clock.now().date(),
        )
        return self.rows[chosen.id] if chosen else CancellationPolicy(name="default")

    def refund_rules(self, line: OrderLine, mode: str) -> list[RefundRule]:
        """By when money of a line goes back: as the law says, and as the shop does where the law is silent.

        A policy of the shop's own speaks beside the law; the earlier of both counts.
        """
        policy, terms = self.of(line, mode), self.law.terms_of(line.order)
        said = list(terms.refunds) if terms else []
        if policy.pk or not said:
            said.append(RefundRule(days=policy.refund_days, count=DayCount.CALENDAR))
        return said

    def refund_days(self, lines: Iterable[tuple[OrderLine, str]]) -> int:
        """Days within which the money for all of these (line, mode) is sent, as a customer is told."""
        return max(days_told(self.refund_rules(line, mode)) for line, mode in lines)


def may_cancel(line: OrderLine) -> Verdict:
    """Whether the customer may cancel what is open on a line now."""
    demand = Demand.objects.filter(order_line=line).first()
    policy = Policies().of(line, demand.mode if demand else "")
    followed = courses.follow([line.pk]).get(line.pk)
    permit = permit_by(policy, reached=reached(line), mode=demand.mode if demand else "", followed=followed)
    return Verdict(ok=permit.ok, why=permit.code, until=policy.self_cancel_until, fee=permit.fee)


def permit_by(
    policy: CancellationPolicy, *, reached: Reached, mode: str, followed: courses.Followed | None
) -> Permit:
    """Whether a policy, or the law that speaks about a line, lets its customer cancel, and for which fee."""
    return rules.may_cancel(
        _view(policy),
        reached=reached,
        by_law=followed is not None and _by_law(followed, mode),
        fee_forbidden=followed is not None and followed.terms.fee_forbidden,
    )


def _by_law(followed: courses.Followed, mode: str) -> bool:
    """Whether the law lets the customer end it: withdrawal, a delay told or due, a missed delivery."""
    terms, now = followed.terms, clock.now()
    today = local_day(now, followed.zone)
    made = mode == WaitMode.MADE_TO_ORDER
    if may_withdraw(today=today, days=terms.withdrawal_days, last_delivered_on=None, made_to_order=made):
        return True
    standing = followed.standing(now)
    if standing is None:
        return False
    if terms.lapses:
        return standing.is_notice_due or standing.told is not None or standing.state is not LineState.OPEN
    limit, order = followed.first_limit, followed.line.order
    return limit is not None and (
        ending(
            terms,
            limit=limit,
            today=today,
            extra_until=followed.extra_until,
            time_essential=order.is_time_essential,
        ).may_end
    )


def reached(line: OrderLine) -> Reached:
    """How far what is open of a line has come: accepted, allocated or released; else shipped."""
    demands = Demand.objects.filter(order_line=line, open_qty__gt=0)
    if not demands:
        return Reached.SHIPPED
    if any(demand.released_qty for demand in demands):
        return Reached.RELEASED
    on_stock = Peg.objects.filter(demand__in=demands, supply__kind="stock").exists()
    return Reached.ALLOCATED if on_stock else Reached.ACCEPTED


def ask_policy(event: QtyCancelled) -> None:
    """Refuse a customer's own cancellation that the policy in force does not allow."""
    rows = Cancellation.objects.filter(pk__in=event.cancellation_ids, cause__in=BY_CUSTOMER)
    for cancellation in rows.select_related("line__sku", "line__order"):
        verdict = may_cancel(cancellation.line)
        if not verdict.ok and verdict.why != rules.CancelCode.WITH_WAREHOUSE:
            raise PolicyForbids(
                f"{cancellation.line} can no longer be cancelled by the customer ({verdict.why}).",
                field="line_no",
            )


def cancel_too_late() -> int:
    """Cancel lines that their policy ends by itself: too many days late, or on the n-th delay."""
    policies = Policies()
    if not any(_ends_by_itself(row) for row in policies.rows.values()):
        return 0
    today = clock.now().date()
    cancelled = 0
    kept = set(NeverCancel.objects.filter(ended_at=None).values_list("order_line_id", flat=True))
    for line, demand, delays, is_asked in _late_lines(today):
        policy = policies.of(line, demand.mode)
        if policy.asks_first and is_asked:
            continue
        # Who was asked and lets us go on is held to the new date, who was not to the first.
        held_to = demand.promised_on if policy.asks_first else demand.first_promise_on
        lapse = rules.lapse_of(
            _view(policy),
            promised_latest=held_to,
            today=today,
            delays=delays,
            never_cancel=line.pk in kept,
            reached=reached(line),
        )
        if lapse is not None:
            lifecycle.cancel_qty(line_id=line.pk, cause="too_late", actor=job("cancel_too_late"))
            cancelled += 1
    return cancelled


def cancel_unpaid() -> int:
    """Cancel lines that outlived their policy's unpaid expiry: every payment known of them ended untaken.

    An order of which no payment is known counts as paid elsewhere.
    """
    policies = Policies()
    if all(row.unpaid_expiry_hours is None for row in policies.rows.values()):
        return 0
    now, cancelled = clock.now(), 0
    for line in _unpaid_lines():
        demand = line.demands.first()
        policy = policies.of(line, demand.mode if demand else "")
        is_kept = line.never_cancels.filter(ended_at=None).exists()
        lapse = rules.unpaid_lapse(
            _view(policy), accepted_at=line.order.accepted_at, at=now, never_cancel=is_kept
        )
        if lapse is not None and reached(line) not in (Reached.RELEASED, Reached.SHIPPED):
            lifecycle.cancel_qty(line_id=line.pk, cause="unpaid", actor=job("cancel_unpaid"))
            cancelled += 1
    return cancelled


def _unpaid_lines() -> list[OrderLine]:
    known = Payment.objects.filter(order=OuterRef("order"))
    holding = known.filter(Q(state=Payment.State.OPEN) | Q(captured_amount__gt=0))
    rows = OrderLine.objects.filter(Exists(known), ~Exists(holding), open_qty__gt=0)
    return list(rows.select_related("order", "sku").order_by("order__accepted_at", "pk")[:SWEEP])


def _late_lines(today: date) -> list[tuple[OrderLine, Demand, int, bool]]:
    """Open lines past their first promise or delayed before: (line, demand, delays, asked and silent)."""
    demands = (
        Demand.objects.filter(open_qty__gt=0, released_qty=0)
        .annotate(
            delays=Count("order_line__delay_cases", distinct=True),
            asked=Count(
                "order_line__delay_cases", filter=Q(order_line__delay_cases__closed_at=None), distinct=True
            ),
        )
        .filter(Q(first_promise_on__lt=today) | Q(delays__gt=0))
        .select_related("order_line__sku", "order_line__order")
        .order_by("first_promise_on", "pk")
    )
    seen: dict[int, tuple[OrderLine, Demand, int, bool]] = {}
    for demand in demands[:SWEEP]:
        row = (demand.order_line, demand, demand.delays, bool(demand.asked))
        seen.setdefault(demand.order_line_id, row)
    return list(seen.values())


def _ends_by_itself(row: CancellationPolicy) -> bool:
    return row.auto_cancel_days_late is not None or row.auto_cancel_on_delay is not None


def _view(row: CancellationPolicy) -> rules.CancellationPolicy:
    return rules.CancellationPolicy(
        id=row.pk or 0,
        self_cancel_until=_UNTIL[row.self_cancel_until],
        fee=Decimal(row.fee),
        unpaid_expiry=None if row.unpaid_expiry_hours is None else timedelta(hours=row.unpaid_expiry_hours),
        auto_cancel_days_late=row.auto_cancel_days_late,
        auto_cancel_on_delay=row.auto_cancel_on_delay,
        asks_first=row.asks_first,
        priority=row.priority,
        sku_id=row.sku_id,
        category=row.category or None,
        channel_id=row.channel_id,
        region=row.region or None,
        mode=row.mode or None,
    )
