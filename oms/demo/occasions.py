"""Where a scene finds its occasion: the purchase lines that most customers wait for."""

from datetime import date

from django.db.models import Sum

from backorders.models import Peg
from purchasing.models import PurchaseLine


class NoOccasion(Exception):
    """The day gives no occasion for a scene."""


def awaited(after: date, place: int, location: str = "") -> PurchaseLine:
    """One of the most awaited lines, or the last there is; raises NoOccasion if nothing is awaited."""
    lines = [line for line in awaited_lines(after) if location in {"", line.purchase_order.location.code}]
    if not lines:
        raise NoOccasion("nothing is awaited")
    return lines[min(place, len(lines) - 1)]


def awaited_lines(after: date) -> list[PurchaseLine]:
    """Open purchase lines not in a container that customers wait for, the most awaited first."""
    claims = Peg.objects.filter(supply__purchase_line__isnull=False, supply__ready_on__gt=after)
    most = claims.order_by().values_list("supply__purchase_line").annotate(units=Sum("qty"))
    ids = [line_id for line_id, _ in most.order_by("-units", "supply__purchase_line")]
    lines = PurchaseLine.objects.select_related("purchase_order__location", "sku").in_bulk(ids)
    return [lines[pk] for pk in ids if not lines[pk].inbound_lines.exists()]
