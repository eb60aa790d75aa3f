"""The law of delay as rows: which apply to an order, and the strictest of what they say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backorders.rules.refunding import DayCount, RefundRule

EU = "EU"
EVERYWHERE = ""
"""The country of rows that speak where no other row does."""
MEMBERS_OF_EU = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
BOUND_BY_EU = MEMBERS_OF_EU | {"IS", "LI", "NO"}
"""Both directives are of relevance for the European Economic Area, so its other three states apply them."""


def countries_of(country: str) -> frozenset[str]:
    """The codes whose rows apply to a ship-to country: its own, and the union's if it applies its law."""
    return frozenset({country, EU} if country in BOUND_BY_EU else {country}) - {EVERYWHERE}


class Clock(StrEnum):
    """Which event stops the clock of a promise: the carrier's scan or the delivery."""

    SHIP = "ship"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayPolicy:
    """One source of law for orders of a country, state and channel; what is empty it does not speak about.

    `default_days` and `credit_days` (the buyer applied to the seller for credit) run from the completed order
    when no date was stated. `lapses`: a line nobody agreed to wait for is cancelled when its limit passes.
    `consent_days`: silence to a first notice whose date is at most so many days after the limit is consent.
    `extra_period`: after a miss the customer may set one more period, and end the contract if that is missed.
    `withdrawal_days` run from the last delivery, `uninformed_months` longer if the customer was not
    told; `online_withdrawal` asks for the two-step button and its acknowledgement.
    """

    id: int
    country: str
    clock: Clock
    source: str
    state: str = ""
    channel_id: int | None = None
    consumers_only: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    default_days: int | None = None
    credit_days: int | None = None
    lapses: bool = False
    consent_days: int | None = None
    reason_if_undated: bool = False
    notice_as_duration: bool = False
    extra_period: bool = False
    may_end_late_part: bool = False
    substitute_needs_yes: bool = True
    fee_forbidden: bool = False
    withdrawal_days: int = 0
    uninformed_months: int = 0
    online_withdrawal: bool = False
    refund: RefundRule | None = None
    keep_record_years: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The strictest of every field over the policies that apply; `sources` says where they come from."""

    clock: Clock
    default_days: int | None
    credit_days: int | None
    lapses: bool
    consent_days: int | None
    reason_if_undated: bool
    notice_as_duration: bool
    extra_period: bool
    may_end_late_part: bool
    substitute_needs_yes: bool
    fee_forbidden: bool
    withdrawal_days: int
    uninformed_months: int
    online_withdrawal: bool
    refunds: tuple[RefundRule, ...]
    policy_ids: tuple[int, ...]
    sources: tuple[str, ...]
    keep_record_years: int = 0


def applying(
    policies: Iterable[DelayPolicy],
    *,
    countries: Collection[str],
    state: str,
    channel_id: int | None,
    is_consumer: bool,
    on: date,
) -> list[DelayPolicy]:
    """The policies for an order on a day; `countries` are the country's code and those of unions it is in.

    Rows of no country are the fall-back: they speak where no row names the country.
    """
    fitting = [
        policy
        for policy in policies
        if policy.country in (*countries, EVERYWHERE)
        and policy.state in ("", state)
        and policy.channel_id in (None, channel_id)
        and (is_consumer or not policy.consumers_only)
        and (policy.valid_from or on) <= on <= (policy.valid_to or on)
    ]
    return [policy for policy in fitting if policy.country != EVERYWHERE] or fitting


def strictest(policies: Iterable[DelayPolicy]) -> Terms | None:
    """The strictest of each field, for the seller; none if no policy applies.

    Fewer days are stricter, except for a withdrawal; delivered is stricter than shipped; a duty of one is a
    duty of all. Neither the order of the rows nor naming one twice makes a difference.
    """
    policies = sorted(policies, key=lambda policy: policy.id)
    if not policies:
        return None

    def any_of(pick: Callable[[DelayPolicy], bool]) -> bool:
        return any(pick(policy) for policy in policies)

    return Terms(
        clock=Clock.DELIVER if any_of(lambda p: p.clock is Clock.DELIVER) else Clock.SHIP,
        default_days=_fewest(policy.default_days for policy in policies),
        credit_days=_fewest(policy.credit_days or policy.default_days for policy in policies),
        lapses=any_of(lambda p: p.lapses),
        consent_days=_fewest(policy.consent_days for policy in policies),
        reason_if_undated=any_of(lambda p: p.reason_if_undated),
        notice_as_duration=any_of(lambda p: p.notice_as_duration),
        extra_period=any_of(lambda p: p.extra_period),
        may_end_late_part=any_of(lambda p: p.may_end_late_part),
        substitute_needs_yes=any_of(lambda p: p.substitute_needs_yes),
        fee_forbidden=any_of(lambda p: p.fee_forbidden),
        withdrawal_days=max(policy.withdrawal_days for policy in policies),
        uninformed_months=max(policy.uninformed_months for policy in policies),
        online_withdrawal=any_of(lambda p: p.online_withdrawal),
        refunds=tuple(dict.fromkeys(policy.refund for policy in policies if policy.refund)),
        keep_record_years=max(policy.keep_record_years for policy in policies),
        policy_ids=tuple(dict.fromkeys(policy.id for policy in policies)),
        sources=tuple(dict.fromkeys(policy.source for policy in policies)),
    )


def _fewest(days: Iterable[int | None]) -> int | None:
    return min((number for number in days if number is not None), default=None)


# What a new installation starts from; reviewed and changed in the admin. Not legal advice.
US_DELAY = DelayPolicy(
    id=1,
    country="US",
    clock=Clock.SHIP,
    source="https://www.ecfr.gov/current/title-16/chapter-I/subchapter-D/part-435",
    default_days=30,
    credit_days=50,
    lapses=True,
    consent_days=30,
    reason_if_undated=True,
    refund=RefundRule(days=7, count=DayCount.WORKING),
)
CALIFORNIA_DELAY = DelayPolicy(
    id=2,
    country="US",
    state="CA",
    clock=Clock.SHIP,
    source="https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=BPC&sectionNum=17538",
    notice_as_duration=True,
    refund=RefundRule(days=7, count=DayCount.CALENDAR),
)
EU_CONTRACTS = DelayPolicy(
    id=3,
    country=EU,
    clock=Clock.DELIVER,
    source="https://eur-lex.europa.eu/eli/dir/2011/83/oj",
    consumers_only=True,
    default_days=30,
    extra_period=True,
    fee_forbidden=True,
    withdrawal_days=14,
    uninformed_months=12,
    refund=RefundRule(days=14, count=DayCount.CALENDAR, target_days=3),
)
EU_WITHDRAWAL_BUTTON = DelayPolicy(
    id=4,
    country=EU,
    clock=Clock.DELIVER,
    source="https://eur-lex.europa.eu/eli/dir/2023/2673/oj",
    consumers_only=True,
    valid_from=date(2026, 6, 19),
    online_withdrawal=True,
)
UK_CONTRACTS = DelayPolicy(
    id=5,
    country="GB",
    clock=Clock.DELIVER,
    source="https://www.legislation.gov.uk/ukpga/2015/15/section/28",
    consumers_only=True,
    default_days=30,
    extra_period=True,
    may_end_late_part=True,
    fee_forbidden=True,
    withdrawal_days=14,
    uninformed_months=12,
    refund=RefundRule(days=14, count=DayCount.CALENDAR, target_days=3),
)
DEFAULT_DELAY = DelayPolicy(
    id=6,
    country=EVERYWHERE,
    clock=Clock.SHIP,
    source="https://unctad.org/topic/competition-and-consumer-protection/un-guidelines-for-consumer-protection",
    consumers_only=True,
    default_days=30,
    refund=RefundRule(days=14, count=DayCount.CALENDAR),
)
STARTING_LAW = (US_DELAY, CALIFORNIA_DELAY, EU_CONTRACTS, EU_WITHDRAWAL_BUTTON, UK_CONTRACTS)
