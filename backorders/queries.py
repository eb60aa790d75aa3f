"""Reads for people and programs: open backorders, the longest waiting, and a line's whole chain."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    DecimalField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from backorders.models import Backorder, DelayCase, Demand, Peg, Promise
from inventory.models import Supply
from notifications.models import Message
from oms.kernel import clock
from oms.orders.models import OrderLine

NEAR = timedelta(days=3)
NEAREST = 3


def open_backorders() -> QuerySet[Backorder]:
    """Open backorders with `open_qty`, `value`, `age`, `ships_latest`, `is_overdue` and `is_at_risk`.

    At risk: overdue, short of supply, or pegged to supply expected after what we promised.
    """
    now = clock.now()
    demand = Demand.objects.filter(order_line=OuterRef("order_line")).order_by("-open_qty", "pk")
    late = Peg.objects.filter(demand__order_line=OuterRef("order_line")).filter(
        Q(supply__ready_on__gt=F("demand__promised_on"))
        | Q(supply__ready_on__lt=now.date(), supply__kind="purchase")
    )
    short = Demand.objects.filter(order_line=OuterRef("order_line"), open_qty__gt=F("pegged_qty"))
    return (
        Backorder.objects.filter(closed_at=None)
        .select_related("order_line__order__channel", "order_line__order__customer", "sku", "channel")
        .annotate(
            open_qty=F("order_line__open_qty"),
            value=ExpressionWrapper(
                F("order_line__open_qty") * F("order_line__unit_price"),
                output_field=DecimalField(max_digits=16, decimal_places=2),
            ),
            age=ExpressionWrapper(Value(now) - F("opened_at"), output_field=DurationField()),
            ships_latest=Subquery(demand.values("promised_on")[:1], output_field=DateField()),
            first_promise_on=Subquery(demand.values("first_promise_on")[:1], output_field=DateField()),
        )
        .annotate(
            is_overdue=Case(
                When(ships_latest__lt=now.date(), then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            ),
            is_at_risk=Case(
                When(Q(ships_latest__lt=now.date()) | Q(ships_latest=None), then=Value(True)),
                default=Exists(late) | Exists(short),
                output_field=BooleanField(),
            ),
        )
    )


def lines_waiting_longest() -> QuerySet[Backorder]:
    """Open backorders, the oldest first."""
    return open_backorders().order_by("opened_at", "pk")


def promises_of(line: OrderLine) -> QuerySet[Promise]:
    """Every promise ever made for a line, the first one first."""
    return Promise.objects.filter(order_line=line).order_by("revision")


@dataclass(frozen=True, slots=True)
class Chain:
    """The whole story of one order line, for one page."""

    line: OrderLine
    backorder: Backorder | None
    promises: Sequence[Promise]
    demands: Sequence[Demand]
    cases: Sequence[DelayCase]
    messages: Sequence[Message]
    ahead: int
    nearest_ahead: Sequence[Demand]


def chain_of(line: OrderLine) -> Chain:
    """Wanted → promises → pegs → supply → messages, in a fixed number of queries."""
    pegs = Peg.objects.select_related(
        "supply__location",
        "supply__purchase_line__purchase_order__supplier",
        "supply__inbound_line__shipment",
        "supply__inbound_line__purchase_line__purchase_order__supplier",
    ).order_by("supply__ready_on", "pk")
    demands = list(
        Demand.objects.filter(order_line=line)
        .select_related("sku")
        .prefetch_related(Prefetch("pegs", queryset=pegs))
    )
    return Chain(
        line=line,
        backorder=Backorder.objects.filter(order_line=line).prefetch_related("tags").first(),
        promises=list(promises_of(line)),
        demands=demands,
        cases=list(DelayCase.objects.filter(order_line=line).prefetch_related("answers").order_by("pk")),
        messages=list(Message.objects.filter(subject_ref=line.order.number).order_by("pk")),
        ahead=sum(ahead_of(demand) for demand in demands),
        nearest_ahead=[near for demand in demands for near in nearest_ahead_of(demand)],
    )


def ahead_of(demand: Demand) -> int:
    """How many open lines of the same SKU are served before this one."""
    return _ahead(demand).count()


def nearest_ahead_of(demand: Demand) -> Sequence[Demand]:
    """The few lines served right before this one, the nearest first, with their orders."""
    nearest = _ahead(demand).select_related("order_line__order").order_by(*(f"-{name}" for name in _RANKED))
    return list(nearest[:NEAREST])


_RANKED = ("allocation_class", "priority", "first_promise_on", "accepted_at", "order_line_id")


def _ahead(demand: Demand) -> QuerySet[Demand]:
    if not demand.open_qty:
        return Demand.objects.none()
    cls, priority = demand.allocation_class, demand.priority
    first, accepted = demand.first_promise_on, demand.accepted_at
    before = Q(allocation_class__lt=cls) | Q(allocation_class=cls, priority__lt=priority)
    same = Q(allocation_class=cls, priority=priority)
    if first is not None:
        before |= same & Q(first_promise_on__lt=first)
        same &= Q(first_promise_on=first)
    before |= same & (
        Q(accepted_at__lt=accepted) | Q(accepted_at=accepted, order_line__lt=demand.order_line_id)
    )
    return Demand.objects.filter(before, sku=demand.sku_id, open_qty__gt=0)


def who_waits_for(supply: Supply) -> QuerySet[Peg]:
    """The claims on a supply in rank order, with what each is worth."""
    return who_waits_for_any([supply.pk])


def who_waits_for_any(supply_ids: Collection[int | None]) -> QuerySet[Peg]:
    """The claims on any of these supplies in rank order, with what each is worth."""
    return (
        Peg.objects.filter(supply__in=[pk for pk in supply_ids if pk])
        .select_related("demand__order_line__order__customer", "demand__sku")
        .annotate(
            value=ExpressionWrapper(
                F("qty") * F("demand__order_line__unit_price") / F("demand__units_per_line"),
                output_field=DecimalField(max_digits=16, decimal_places=2),
            ),
        )
        .order_by(
            "demand__allocation_class",
            "demand__priority",
            "demand__first_promise_on",
            "demand__accepted_at",
            "demand__order_line_id",
        )
    )
