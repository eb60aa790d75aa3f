"""Who is served first: the one comparator of every queue, and the policies it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Generic, TypeVar

from backorders import rulebook
from backorders.models import Demand, PlanningPolicy, QueuePolicy, ReleasePolicy
from backorders.rules.ranking import rank, tiers_up
from backorders.rules.scoping import Scope, most_specific
from oms.kernel.revisions import Kept

LOWEST_CLASS = 32_767
P = TypeVar("P", QueuePolicy, ReleasePolicy, PlanningPolicy)


class Book(Generic[P]):
    """The active policies of one kind; finds the one in force and remembers the answer."""

    def __init__(self, rows: Sequence[P], default: P) -> None:
        self.rows: dict[int, P] = {row.pk: row for row in rows if row.is_active}
        self.scopes = [_scope(row) for row in self.rows.values()]
        self.default: P = default
        self._known: dict[tuple[int, str, int, str], P] = {}

    def of(self, *, sku_id: int, category: str, channel_id: int, region: str) -> P:
        """The most specific policy, the defaults where none speaks."""
        if not self.scopes:
            return self.default
        key = sku_id, category, channel_id, region
        if key not in self._known:
            found = most_specific(
                self.scopes, sku_id=sku_id, category=category, channel_id=channel_id, region=region
            )
            self._known[key] = self.rows[found.id] if found else self.default
        policy: P = self._known[key]
        return policy


def queue_policies(book: rulebook.Rulebook | None = None) -> Book[QueuePolicy]:
    """Who goes first, and who lends to whom; as of now, or of a rulebook already read."""
    return Book((book or rulebook.current()).queueing, QueuePolicy(name="default"))


def release_policies() -> Book[ReleasePolicy]:
    """What must be ready before it goes."""
    return Book(rulebook.current().releasing, ReleasePolicy(name="default"))


# Not in the rulebook: orders have no use for it, and would pay for reading it.
_planning: Kept[list[PlanningPolicy]] = Kept(lambda: list(PlanningPolicy.objects.order_by("pk")))


def planning_policies() -> Book[PlanningPolicy]:
    """How far ahead the buyer buys."""
    return Book(_planning.get(), PlanningPolicy(name="default"))


class Ranking:
    """The place of demands in their queues on one day, by the policies in force."""

    def __init__(self, categories: Mapping[int, str], today: date) -> None:
        self.categories = categories
        self.today = today
        self.policies = queue_policies()

    def policy(self, *, sku_id: int, channel_id: int, region: str) -> QueuePolicy:
        """The queue policy in force for a demand."""
        return self.policies.of(
            sku_id=sku_id, category=self.categories[sku_id], channel_id=channel_id, region=region
        )

    def place(
        self,
        policy: QueuePolicy,
        *,
        allocation_class: int,
        priority: int,
        first_promise_on: date | None,
        accepted_at: datetime,
        line_id: int,
    ) -> tuple[int, ...]:
        """The place of a demand under its policy; smallest first."""
        return rank(
            allocation_class=allocation_class,
            priority=priority,
            first_promise_on=first_promise_on,
            accepted_at=accepted_at,
            line_id=line_id,
            waiting_days=(self.today - accepted_at.date()).days,
            starve_after=policy.starve_after_days,
            tier_every=policy.tier_every_days,
        )

    def of(self, demand: Demand) -> tuple[int, ...]:
        """The place of a demand in its queue; smallest first."""
        return self.place(
            self.policy(sku_id=demand.sku_id, channel_id=demand.channel_id, region=demand.region),
            allocation_class=demand.allocation_class,
            priority=demand.priority,
            first_promise_on=demand.first_promise_on,
            accepted_at=demand.accepted_at,
            line_id=demand.order_line_id,
        )


def class_of(policy: QueuePolicy, channel_priority: int) -> int:
    """The allocation class of an order accepted now: the policy's, else its channel's priority."""
    given = channel_priority if policy.allocation_class is None else policy.allocation_class
    return max(0, min(given, LOWEST_CLASS))


def moves_up(policy: QueuePolicy, *, waiting_days: int) -> bool:
    """Whether a demand that waits so long stands a class higher today than yesterday."""

    def tiers(days: int) -> int:
        return tiers_up(
            waiting_days=days, starve_after=policy.starve_after_days, tier_every=policy.tier_every_days
        )

    return tiers(waiting_days) > tiers(waiting_days - 1)


def _scope(row: QueuePolicy | ReleasePolicy | PlanningPolicy) -> Scope:
    scope = Scope(id=row.pk, priority=row.priority, sku_id=row.sku_id, category=row.category)
    if isinstance(row, PlanningPolicy):
        return scope
    return replace(scope, channel_id=row.channel_id, region=row.region)
