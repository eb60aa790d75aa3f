"""The margin guard: purchases that slipped, what they put at stake, what the policy suggests."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models.functions import Coalesce

from backorders import making_good
from backorders.making_good import Offered
from backorders.models import DelayCase, MakeGood, Peg
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError
from oms.orders.models import OrderLine
from purchasing.models import PurchaseLine

MOST_LINES = 5000


@dataclass(slots=True)
class Group:
    """Lines whose customers are asked because one purchase line slipped, with one suggestion for all."""

    purchase: PurchaseLine
    suggestion: str
    lines: list[OrderLine] = field(default_factory=list)
    cost: Decimal = Decimal(0)

    @property
    def key(self) -> str:
        """Names the group in an address."""
        return f"{self.purchase.pk}-{self.suggestion}"

    @property
    def value(self) -> Decimal:
        """What is open at its price, in the orders' currencies."""
        return sum((line.unit_price * line.open_qty for line in self.lines), Decimal(0))

    @property
    def units(self) -> int:
        """Open units."""
        return sum(line.open_qty for line in self.lines)


def groups() -> list[Group]:
    """Open delay cases by the purchase they wait for and what their policy suggests, the dearest first."""
    waiting = _waiting()
    lines = list(waiting)
    purchases = PurchaseLine.objects.select_related("purchase_order__supplier", "sku").in_bulk(
        set(waiting.values())
    )
    given = set(
        MakeGood.objects.filter(order_line__in=[line.pk for line in lines]).values_list(
            "order_line_id", flat=True
        )
    )
    found: dict[tuple[int, str], Group] = {}
    for line, offered in zip(lines, making_good.offers_of(lines), strict=True):
        suggestion = "given" if line.pk in given else _suggestion(offered)
        purchase = purchases[waiting[line]]
        group = found.setdefault((purchase.pk, suggestion), Group(purchase, suggestion))
        group.lines.append(line)
        group.cost += offered.band.cost if offered.band and suggestion != "given" else Decimal(0)
    return sorted(found.values(), key=lambda group: (-group.value, group.key))


def grant_all(*, key: str, actor: Actor) -> tuple[int, int]:
    """Give every line of a group what was suggested, each in its own transaction.

    Returns how many got it, and how many did not: the budget was spent, or somebody gave it meanwhile.
    """
    group = next((group for group in groups() if group.key == key), None)
    granted = refused = 0
    for line in sorted(group.lines, key=lambda line: line.order_id) if group else ():
        try:
            making_good.grant(line_id=line.pk, kind=_kind(key), actor=actor)
        except DomainError:
            refused += 1
        else:
            granted += 1
    return granted, refused


def _kind(key: str) -> str:
    return key.partition("-")[2]


def _suggestion(offered: Offered) -> str:
    return offered.band.kind if offered.band else "wait"


def _waiting() -> dict[OrderLine, int]:
    """Lines with an open case, each with the purchase line that holds it up the longest."""
    asked = DelayCase.objects.filter(closed_at=None).values("order_line_id")
    pegs = (
        Peg.objects.filter(demand__order_line__in=asked)
        .annotate(bought=Coalesce("supply__purchase_line", "supply__inbound_line__purchase_line"))
        .filter(bought__isnull=False)
        .order_by("supply__ready_on", "pk")
        .values_list("demand__order_line_id", "bought")[:MOST_LINES]
    )
    latest: defaultdict[int, int] = defaultdict(int)
    for line_id, purchase_id in pegs:
        latest[line_id] = purchase_id
    rows: Sequence[OrderLine] = list(
        OrderLine.objects.filter(pk__in=latest, open_qty__gt=0)
        .select_related("order", "sku")
        .order_by("order_id", "line_no")
    )
    return {line: latest[line.pk] for line in rows}
