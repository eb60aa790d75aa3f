"""The shop a replay plays in: one location, one channel, rules that let it sell what it will buy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from backorders.models import AtpRule, CancellationPolicy
from inventory.models import Location
from oms.orders.models import Channel, Order

FREE = Decimal(0)
# Beyond all firm supply as well: the two giant orders of the data must be taken, and can be cancelled.
OVERSELL = 200_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """Where a replay happens; `source` names the run on every order."""

    source: str
    region: str
    location: Location
    channel: Channel
    titles: Mapping[str, str]


def open_shop(titles: Mapping[str, str]) -> Replayed:
    """Make (or find) the location, channel and rules; each run is a source of its own."""
    region = "REPLAY"
    location, _ = Location.objects.get_or_create(
        code="REPLAY",
        defaults={
            "name": "Replay warehouse",
            "timezone": "Europe/London",
            "country": "GB",
            "regions": [region],
            "work_days": [0, 1, 2, 3, 4, 6],
            "holiday_country": "GB",
            "holiday_subdivision": "ENG",
            "cut_offs": [time(15)],
            "transit": {region: 2},
        },
    )
    channel, _ = Channel.objects.get_or_create(
        code="REPLAY",
        defaults={"name": "Replay", "kind": Channel.Kind.WHOLESALE, "default_region": region},
    )
    _rules(channel)
    runs = Order.objects.filter(source__startswith="replay-").values("source").distinct().count()
    return Replayed(f"replay-{runs + 1}", region, location, channel, titles)


def _rules(channel: Channel) -> None:
    AtpRule.objects.get_or_create(
        name="Replay: sell what is coming",
        defaults={
            "channel": channel,
            "mode": AtpRule.Mode.BACKORDER,
            "oversell_qty": OVERSELL,
            "service_level": Decimal("0.95"),
            "least_buffer_days": 2,
            "tolerance_days": 2,
        },
    )
    CancellationPolicy.objects.get_or_create(
        name="Replay: may cancel until picked",
        defaults={"channel": channel, "auto_cancel_days_late": 60, "asks_first": False},
    )
