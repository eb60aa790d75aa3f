"""Which rows of the law apply to an order, and the strictest of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backorders.rules.law import (
    CALIFORNIA_DELAY,
    EU_CONTRACTS,
    EU_WITHDRAWAL_BUTTON,
    STARTING_LAW,
    UK_CONTRACTS,
    US_DELAY,
    Clock,
    DelayPolicy,
    Terms,
    applying,
    strictest,
)

ORDER: dict[str, Any] = {
    "countries": {"US"},
    "state": "NY",
    "channel_id": 1,
    "is_consumer": True,
    "on": date(2026, 8, 3),
}


def _terms(*policies: DelayPolicy) -> Terms:
    terms = strictest(policies)
    assert terms
    return terms


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ({}, [1]),
        ({"state": "CA"}, [1, 2]),
        ({"is_consumer": False}, [1]),
        ({"countries": {"DE", "EU"}, "state": ""}, [3, 4]),
        ({"countries": {"DE", "EU"}, "state": "", "on": date(2026, 6, 18)}, [3]),
        ({"countries": {"DE", "EU"}, "state": "", "on": date(2026, 6, 19)}, [3, 4]),
        ({"countries": {"DE", "EU"}, "state": "", "is_consumer": False}, []),
        ({"countries": {"GB"}, "state": ""}, [5]),
        ({"countries": {"GB"}, "is_consumer": False}, []),
        ({"countries": {"JP"}}, []),
    ],
)
def test_the_rows_of_the_country_state_and_buyer_apply(order: dict[str, Any], ids: list[int]) -> None:
    assert [policy.id for policy in applying(STARTING_LAW, **ORDER | order)] == ids


def test_a_row_may_be_for_one_channel_and_a_time() -> None:
    row = replace(US_DELAY, channel_id=1, valid_from=date(2026, 8, 3), valid_to=date(2026, 8, 3))

    assert applying([row], **ORDER) == [row]
    assert applying([row], **ORDER | {"channel_id": 2}) == []
    assert applying([row], **ORDER | {"on": date(2026, 8, 2)}) == []
    assert applying([row], **ORDER | {"on": date(2026, 8, 4)}) == []


def test_every_row_links_its_source() -> None:
    assert all(row.source.startswith("https://") for row in STARTING_LAW)
    assert [row.id for row in STARTING_LAW] == [1, 2, 3, 4, 5]


def test_no_row_gives_no_terms() -> None:
    assert strictest([]) is None


def test_california_adds_its_notice_and_its_week_to_the_federal_rule() -> None:
    assert _terms(US_DELAY, CALIFORNIA_DELAY) == Terms(
        clock=Clock.SHIP,
        default_days=30,
        credit_days=50,
        lapses=True,
        consent_days=30,
        reason_if_undated=True,
        notice_as_duration=True,
        extra_period=False,
        may_end_late_part=False,
        substitute_needs_yes=True,
        fee_forbidden=False,
        withdrawal_days=0,
        uninformed_months=0,
        online_withdrawal=False,
        refunds=(US_DELAY.refund, CALIFORNIA_DELAY.refund),  # type: ignore[arg-type]
        policy_ids=(1, 2),
        sources=(US_DELAY.source, CALIFORNIA_DELAY.source),
    )


def test_the_european_rows_count_to_delivery() -> None:
    eu, uk = _terms(EU_CONTRACTS, EU_WITHDRAWAL_BUTTON), _terms(UK_CONTRACTS)

    assert (eu.clock, eu.lapses, eu.extra_period, eu.may_end_late_part) == (Clock.DELIVER, False, True, False)
    assert (eu.withdrawal_days, eu.uninformed_months, eu.online_withdrawal) == (14, 12, True)
    assert (uk.clock, uk.may_end_late_part, uk.fee_forbidden, uk.online_withdrawal) == (
        Clock.DELIVER,
        True,
        True,
        False,
    )


def test_the_strictest_of_each_field_wins() -> None:
    merged = _terms(
        DelayPolicy(id=7, country="X", clock=Clock.SHIP, source="a", default_days=20, credit_days=60),
        DelayPolicy(
            id=8,
            country="X",
            clock=Clock.DELIVER,
            source="b",
            default_days=30,
            consent_days=10,
            withdrawal_days=7,
            substitute_needs_yes=False,
        ),
        DelayPolicy(id=9, country="X", clock=Clock.SHIP, source="c", consent_days=12, withdrawal_days=14),
    )

    assert (merged.clock, merged.default_days, merged.credit_days) == (Clock.DELIVER, 20, 30)
    assert (merged.consent_days, merged.withdrawal_days, merged.substitute_needs_yes) == (10, 14, True)
    assert (merged.refunds, merged.sources) == ((), ("a", "b", "c"))


def test_days_nobody_speaks_about_stay_empty() -> None:
    bare = _terms(DelayPolicy(id=7, country="X", clock=Clock.SHIP, source="a"))

    assert (bare.default_days, bare.credit_days, bare.consent_days) == (None, None, None)
