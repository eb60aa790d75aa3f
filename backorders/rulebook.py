"""Everything people decide that every order needs, kept in memory until somebody changes it. Read-only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from backorders.calendars import places
from backorders.fences import FenceBook
from backorders.models import (
    AtpRule,
    CancellationPolicy,
    Cap,
    DelayPolicy,
    Fence,
    Protection,
    QueuePolicy,
    ReleasePolicy,
    TellingPolicy,
)
from backorders.policies import as_law, scope_of
from backorders.rules import law
from backorders.rules.dating import Place
from backorders.rules.states import RuleScope
from inventory.models import Location
from oms.kernel.revisions import Kept
from oms.orders.models import Channel


@dataclass(frozen=True, eq=False)
class Rulebook:
    """ATP rules with their scopes, caps, other policies, locations by priority, channels by id."""

    rules: Sequence[tuple[RuleScope, AtpRule]]
    caps: Sequence[Cap]
    protections: Sequence[Protection]
    cancellation: Sequence[CancellationPolicy]
    queueing: Sequence[QueuePolicy]
    releasing: Sequence[ReleasePolicy]
    telling: Mapping[int | None, TellingPolicy]
    fences: FenceBook
    law: Sequence[law.DelayPolicy]
    locations: dict[int, Location]
    channels: dict[int, Channel]

    def telling_of(self, channel_id: int) -> TellingPolicy:
        """When customers of a channel are written to: its own policy, that of all, or the defaults."""
        return self.telling.get(channel_id) or self.telling.get(None) or TellingPolicy(name="default")

    def shipping_to(self, region: str) -> dict[int, Location]:
        """Active locations that ship to a region; all active ones if no region is named."""
        return {
            pk: location
            for pk, location in self.locations.items()
            if location.is_active and (not region or not location.regions or region in location.regions)
        }

    def places(self, today: date) -> dict[int, Place]:
        """Every location as the rules see it."""
        return _places(self, today)


def current() -> Rulebook:
    """The rulebook as of now."""
    return _kept.get()


def _read() -> Rulebook:
    return Rulebook(
        rules=[(scope_of(rule), rule) for rule in AtpRule.objects.order_by("pk")],
        caps=list(Cap.objects.order_by("pk")),
        protections=list(Protection.objects.select_related("channel").order_by("pk")),
        cancellation=list(CancellationPolicy.objects.order_by("pk")),
        queueing=list(QueuePolicy.objects.order_by("pk")),
        releasing=list(ReleasePolicy.objects.order_by("pk")),
        telling={policy.channel_id: policy for policy in TellingPolicy.objects.order_by("pk")},
        fences=FenceBook(list(Fence.objects.order_by("pk"))),
        law=[as_law(row) for row in DelayPolicy.objects.filter(is_active=True).order_by("pk")],
        locations={location.pk: location for location in Location.objects.all()},
        channels={channel.pk: channel for channel in Channel.objects.all()},
    )


@lru_cache(maxsize=8)
def _places(book: Rulebook, today: date) -> dict[int, Place]:
    return places(book.locations, today)


_kept: Kept[Rulebook] = Kept(_read)
