"""What a cancellation policy lets a customer do, and what it cancels by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class Reached(StrEnum):
    """How far a line has come, in order; a policy names the last state a customer may still cancel in."""

    ACCEPTED = "accepted"
    ALLOCATED = "allocated"
    RELEASED = "released"
    SHIPPED = "shipped"

    @property
    def step(self) -> int:
        """Its place on the way from acceptance (0) to the carrier (3)."""
        return list(Reached).index(self)


class CancelCode(StrEnum):
    """Why a line may or may not be cancelled by its customer."""

    ALLOWED = "allowed"
    ALLOWED_BY_LAW = "allowed_by_law"
    ALREADY_SHIPPED = "already_shipped"
    WITH_WAREHOUSE = "with_warehouse"
    PAST_THE_POLICY = "past_the_policy"


class LapseCode(StrEnum):
    """Why a line is cancelled by itself."""

    TOO_LATE = "too_late"
    TOO_MANY_DELAYS = "too_many_delays"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationPolicy:
    """The terms for the lines of a scope (SKU or category, channel, region, mode); empty scopes match all.

    `self_cancel_until`: the last state in which the customer may cancel, none for never. `fee` in the order's
    currency. `auto_cancel_days_late`: days past the promise the line is held to after which it is cancelled;
    `auto_cancel_on_delay`: number of the delay that cancels it. `unpaid_expiry`: how long an unpaid line is
    kept. Empty: never. `ends_on` is the last day, inclusive.
    """

    id: int
    self_cancel_until: Reached | None = Reached.ALLOCATED
    fee: Decimal = Decimal(0)
    auto_cancel_days_late: int | None = None
    auto_cancel_on_delay: int | None = None
    asks_first: bool = True
    unpaid_expiry: timedelta | None = None
    priority: int = 0
    sku_id: int | None = None
    category: str | None = None
    channel_id: int | None = None
    region: str | None = None
    mode: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


# What holds where no policy matches.
_DEFAULT_POLICY = CancellationPolicy(id=0)


def choose_policy(
    policies: Iterable[CancellationPolicy],
    *,
    sku_id: int,
    category: str | None,
    channel_id: int | None,
    region: str | None,
    mode: str | None,
    on: date,
) -> CancellationPolicy | None:
    """The most specific policy in force: SKU before category before all, then channel, region, mode.

    Ties go to the higher priority number, then to the lower id; none if no policy matches.
    """
    given = (sku_id, category, channel_id, region, mode)
    fitting = [policy for policy in policies if _fits(policy, given, on)]
    return min(fitting, key=_most_specific_first, default=None)


def _scope(policy: CancellationPolicy) -> tuple[object, ...]:
    return (policy.sku_id, policy.category, policy.channel_id, policy.region, policy.mode)


def _fits(policy: CancellationPolicy, given: tuple[object, ...], on: date) -> bool:
    in_window = (policy.starts_on or on) <= on <= (policy.ends_on or on)
    return in_window and all(
        wanted in (None, "", have) for wanted, have in zip(_scope(policy), given, strict=True)
    )


def _most_specific_first(policy: CancellationPolicy) -> tuple[tuple[bool, ...], int, int]:
    return (tuple(part in (None, "") for part in _scope(policy)), -policy.priority, policy.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Whether a customer may cancel, why, and the fee it costs."""

    ok: bool
    code: CancelCode
    fee: Decimal = Decimal(0)


def may_cancel(
    policy: CancellationPolicy | None,
    *,
    reached: Reached,
    by_law: bool = False,
    fee_forbidden: bool = False,
) -> Permit:
    """Judge a customer's wish to cancel a line that has come this far.

    `by_law`: the law of delay or withdrawal grants it, whatever the policy says, and then it costs nothing.
    `fee_forbidden`: the law allows the policy's cancellation but not its fee. No policy grants what the
    default one does. Goods with the warehouse first have to come back; shipped goods are a return.
    """
    terms = policy or _DEFAULT_POLICY
    if reached is Reached.SHIPPED:
        return Permit(ok=False, code=CancelCode.ALREADY_SHIPPED)
    if by_law:
        return Permit(ok=True, code=CancelCode.ALLOWED_BY_LAW)
    if terms.self_cancel_until is not None and reached.step <= terms.self_cancel_until.step:
        return Permit(ok=True, code=CancelCode.ALLOWED, fee=Decimal(0) if fee_forbidden else terms.fee)
    with_warehouse = reached is Reached.RELEASED and terms.self_cancel_until is not None
    return Permit(ok=False, code=CancelCode.WITH_WAREHOUSE if with_warehouse else CancelCode.PAST_THE_POLICY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A line that its policy cancels, why, and whether the customer is asked first."""

    code: LapseCode
    asks_first: bool


def lapse_of(
    policy: CancellationPolicy | None,
    *,
    promised_latest: date | None,
    today: date,
    delays: int = 0,
    never_cancel: bool = False,
    reached: Reached = Reached.ACCEPTED,
) -> Lapse | None:
    """Whether a late line is cancelled by itself: more than n days past its promise, or on its n-th delay.

    `promised_latest` is the date we are held to (none: no promise, so it cannot be late). A person's
    never-cancel override wins; so do goods that are released or shipped.
    """
    if policy is None or never_cancel or reached in (Reached.RELEASED, Reached.SHIPPED):
        return None
    if _is_too_late(policy, promised_latest, today):
        return Lapse(code=LapseCode.TOO_LATE, asks_first=policy.asks_first)
    if policy.auto_cancel_on_delay is not None and delays >= max(1, policy.auto_cancel_on_delay):
        return Lapse(code=LapseCode.TOO_MANY_DELAYS, asks_first=policy.asks_first)
    return None


def _is_too_late(policy: CancellationPolicy, promised_latest: date | None, today: date) -> bool:
    if policy.auto_cancel_days_late is None or promised_latest is None:
        return False
    # The n-th day after the promise is the last day of grace.
    return (today - promised_latest).days > policy.auto_cancel_days_late


def unpaid_lapse(
    policy: CancellationPolicy | None, *, accepted_at: datetime, at: datetime, never_cancel: bool = False
) -> Lapse | None:
    """Whether a line that is still unpaid at an instant has outlived the policy's unpaid expiry."""
    if policy is None or policy.unpaid_expiry is None or never_cancel:
        return None
    if at - accepted_at < policy.unpaid_expiry:
        return None
    return Lapse(code=LapseCode.UNPAID, asks_first=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeGood:
    """What a line that is at least `days_late` late and worth at least `least_value` is offered.

    `kind` is the policy's word for it (credit, discount, free shipping, …); `cost` is what it takes out of
    the budget, in the order's currency.
    """

    days_late: int
    kind: str
    cost: Decimal
    least_value: Decimal = Decimal(0)


def make_good(
    bands: Iterable[MakeGood], *, days_late: int, value: Decimal, budget_left: Decimal
) -> MakeGood | None:
    """The offer of the highest band the line reaches (days first, then value) that the budget still pays."""
    reached = [
        band
        for band in bands
        if band.days_late <= days_late and band.least_value <= value and band.cost <= budget_left
    ]
    return max(reached, key=lambda band: (band.days_late, band.least_value, band.cost), default=None)
