"""What the page of a SKU shows: stock by location, incoming by date, the queue, ATP as a chart, the rules."""

from datetime import date, timedelta
from typing import Any

from django.db.models import F

from backorders import availability, explanations
from backorders.models import Demand, SkuVolatility
from backorders.queue import Rules
from inventory.admin.atp_chart import Chart, draw
from inventory.models import Location, Sku, StockHold, Supply
from inventory.queries import stock_levels
from oms.kernel import clock
from oms.kernel.admin import paging
from oms.orders.models import Channel

SHOWN_AT_MOST = 30
CHART_DAYS = 180
INCOMING = (
    Supply.Kind.PURCHASE,
    Supply.Kind.TRANSFER,
    Supply.Kind.PRODUCTION,
    Supply.Kind.RETURN,
    Supply.Kind.PLANNED,
)


def context_of(sku: Sku) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    today = clock.now().date()
    waiting = Demand.objects.filter(sku=sku, open_qty__gt=0)
    return {
        "levels": list(stock_levels(sku_ids=[sku.pk])),
        "holds": list(
            StockHold.objects.filter(sku=sku, cleared_at=None).select_related("location")[:SHOWN_AT_MOST]
        ),
        "incoming": _incoming(sku),
        "queue": list(waiting.select_related("order_line__order__customer", "channel")[:SHOWN_AT_MOST]),
        "queue_count": paging.bounded_count(waiting),
        "short_count": paging.bounded_count(waiting.filter(open_qty__gt=F("pegged_qty"))),
        "chart": _chart(sku, today),
        "rules": _rules(sku, today),
        "told": _told(sku),
        "volatility": SkuVolatility.objects.filter(sku=sku).first(),
        "sources": list(sku.suppliers.select_related("supplier")),
        "today": today,
    }


def _incoming(sku: Sku) -> list[Supply]:
    rows = Supply.objects.filter(sku=sku, kind__in=INCOMING, quantity__gt=0).select_related(
        "location", "purchase_line__purchase_order__supplier", "inbound_line__shipment"
    )
    return list(rows.order_by("ready_on", "pk")[:SHOWN_AT_MOST])


def _chart(sku: Sku, today: date) -> Chart | None:
    until = today + timedelta(days=CHART_DAYS)
    days = [day for day in availability.timeline(sku=sku) if day.on <= until]
    return draw(days, today=today) if days else None


def _told(sku: Sku) -> dict[str, Any] | None:
    """What the shop would say of one unit just now, and why."""
    channel = Channel.objects.first()
    if channel is None or not Location.objects.filter(is_active=True).exists():
        return None
    (answer,) = availability.answers(skus=[sku], qty=1, channel=channel, region=channel.default_region)
    return {
        "channel": channel,
        "label": answer.offer.label,
        "state": answer.offer.answer.state,
        "why": explanations.for_staff(answer.explain),
        "said": explanations.for_customer(answer.explain),
    }


def _rules(sku: Sku, today: date) -> list[dict[str, Any]]:
    """The rule in force by channel, channels with the same rule together."""
    rules = Rules(sku, today)
    found: dict[int, dict[str, Any]] = {}
    for channel in Channel.objects.all()[:SHOWN_AT_MOST]:
        rule = rules.find(channel.pk, channel.default_region)
        known = found.setdefault(rule.pk if rule else 0, {"rule": rule, "channels": []})
        known["channels"].append(channel)
    return list(found.values())
