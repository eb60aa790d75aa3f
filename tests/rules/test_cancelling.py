"""Cancellation policies: which one holds, what a customer may do, what ends by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backorders.rules.cancelling import (
    CancelCode,
    CancellationPolicy,
    Lapse,
    LapseCode,
    MakeGood,
    Permit,
    Reached,
    choose_policy,
    lapse_of,
    make_good,
    may_cancel,
    unpaid_lapse,
)

TODAY = date(2026, 3, 10)
LINE: dict[str, Any] = {
    "sku_id": 7,
    "category": "chairs",
    "channel_id": 1,
    "region": "EU",
    "mode": "accidental",
    "on": TODAY,
}


def _chosen(*policies: CancellationPolicy) -> int | None:
    chosen = choose_policy(policies, **LINE)
    return chosen.id if chosen else None


@pytest.mark.parametrize(
    ("broad", "narrow"),
    [
        ({}, {"mode": "accidental"}),
        ({"mode": "accidental"}, {"region": "EU"}),
        ({"region": "EU", "mode": "accidental"}, {"channel_id": 1}),
        ({"channel_id": 1, "region": "EU", "mode": "accidental"}, {"category": "chairs"}),
        ({"category": "chairs", "channel_id": 1, "region": "EU", "mode": "accidental"}, {"sku_id": 7}),
    ],
)
def test_the_most_specific_policy_wins(broad: dict[str, Any], narrow: dict[str, Any]) -> None:
    assert _chosen(CancellationPolicy(id=1, priority=9, **broad), CancellationPolicy(id=2, **narrow)) == 2


def test_ties_go_to_the_higher_priority_and_then_to_the_lower_id() -> None:
    assert _chosen(CancellationPolicy(id=1), CancellationPolicy(id=2, priority=5)) == 2
    assert _chosen(CancellationPolicy(id=3), CancellationPolicy(id=2)) == 2


@pytest.mark.parametrize(
    "scope",
    [
        {"sku_id": 8},
        {"category": "tables"},
        {"channel_id": 2},
        {"region": "US"},
        {"mode": "limited_drop"},
        {"starts_on": TODAY + timedelta(1)},
        {"ends_on": TODAY - timedelta(1)},
    ],
)
def test_a_policy_of_another_scope_or_time_does_not_hold(scope: dict[str, Any]) -> None:
    assert _chosen(CancellationPolicy(id=1, **scope)) is None


def test_an_empty_text_matches_all_and_the_window_includes_its_ends() -> None:
    policy = CancellationPolicy(id=1, category="", region="", mode="", starts_on=TODAY, ends_on=TODAY)

    assert _chosen(policy) == 1


@pytest.mark.parametrize(
    ("until", "reached", "code"),
    [
        (Reached.ACCEPTED, Reached.ACCEPTED, CancelCode.ALLOWED),
        (Reached.ACCEPTED, Reached.ALLOCATED, CancelCode.PAST_THE_POLICY),
        (Reached.ALLOCATED, Reached.ALLOCATED, CancelCode.ALLOWED),
        (Reached.ALLOCATED, Reached.RELEASED, CancelCode.WITH_WAREHOUSE),
        (Reached.RELEASED, Reached.RELEASED, CancelCode.ALLOWED),
        (Reached.RELEASED, Reached.SHIPPED, CancelCode.ALREADY_SHIPPED),
        (Reached.SHIPPED, Reached.SHIPPED, CancelCode.ALREADY_SHIPPED),
        (None, Reached.ACCEPTED, CancelCode.PAST_THE_POLICY),
        (None, Reached.RELEASED, CancelCode.PAST_THE_POLICY),
    ],
)
def test_a_customer_may_cancel_until_the_state_the_policy_names(
    until: Reached | None, reached: Reached, code: CancelCode
) -> None:
    permit = may_cancel(CancellationPolicy(id=1, self_cancel_until=until), reached=reached)

    assert permit == Permit(ok=code is CancelCode.ALLOWED, code=code)


def test_without_a_policy_a_customer_may_cancel_until_the_warehouse_has_it() -> None:
    assert may_cancel(None, reached=Reached.ALLOCATED).ok
    assert may_cancel(None, reached=Reached.RELEASED).code is CancelCode.WITH_WAREHOUSE


def test_the_law_overrides_the_policy_and_costs_nothing() -> None:
    strict = CancellationPolicy(id=1, self_cancel_until=None, fee=Decimal("5.00"))

    permit = may_cancel(strict, reached=Reached.RELEASED, by_law=True)

    assert permit == Permit(ok=True, code=CancelCode.ALLOWED_BY_LAW, fee=Decimal(0))
    assert not may_cancel(strict, reached=Reached.SHIPPED, by_law=True).ok


def test_a_fee_is_charged_except_where_the_law_forbids_it() -> None:
    policy = CancellationPolicy(id=1, fee=Decimal("5.00"))

    assert may_cancel(policy, reached=Reached.ACCEPTED).fee == Decimal("5.00")
    assert may_cancel(policy, reached=Reached.ACCEPTED, fee_forbidden=True).fee == Decimal(0)


LATE = CancellationPolicy(id=1, auto_cancel_days_late=5, asks_first=False)


def test_a_line_lapses_only_after_its_days_of_grace() -> None:
    promised = TODAY - timedelta(days=5)

    assert lapse_of(LATE, promised_latest=promised, today=TODAY) is None
    assert lapse_of(LATE, promised_latest=promised, today=TODAY + timedelta(1)) == Lapse(
        code=LapseCode.TOO_LATE, asks_first=False
    )


def test_no_grace_means_the_day_after_the_promise() -> None:
    policy = CancellationPolicy(id=1, auto_cancel_days_late=0)

    assert lapse_of(policy, promised_latest=TODAY, today=TODAY) is None
    assert lapse_of(policy, promised_latest=TODAY, today=TODAY + timedelta(1)) is not None


def test_the_nth_delay_cancels() -> None:
    policy = CancellationPolicy(id=1, auto_cancel_on_delay=2)

    assert lapse_of(policy, promised_latest=TODAY, today=TODAY, delays=1) is None
    assert lapse_of(policy, promised_latest=TODAY, today=TODAY, delays=2) == Lapse(
        code=LapseCode.TOO_MANY_DELAYS, asks_first=True
    )


def test_a_line_that_was_never_delayed_never_lapses_by_its_delays() -> None:
    policy = CancellationPolicy(id=1, auto_cancel_on_delay=0)

    assert lapse_of(policy, promised_latest=TODAY, today=TODAY, delays=0) is None
    assert lapse_of(policy, promised_latest=TODAY, today=TODAY, delays=1) is not None


@pytest.mark.parametrize(
    "shield",
    [
        {"policy": None},
        {"never_cancel": True},
        {"reached": Reached.RELEASED},
        {"reached": Reached.SHIPPED},
        {"promised_latest": None},
        {"policy": CancellationPolicy(id=1)},
    ],
)
def test_some_lines_are_never_cancelled_by_themselves(shield: dict[str, Any]) -> None:
    late: dict[str, Any] = {"policy": LATE, "promised_latest": TODAY - timedelta(90), "today": TODAY} | shield

    assert lapse_of(late.pop("policy"), **late) is None


def test_an_unpaid_line_lapses_when_its_time_is_over() -> None:
    policy = CancellationPolicy(id=1, unpaid_expiry=timedelta(hours=48))
    accepted_at = datetime(2026, 3, 8, 12, tzinfo=UTC)
    end = accepted_at + timedelta(hours=48)

    assert unpaid_lapse(policy, accepted_at=accepted_at, at=end - timedelta(seconds=1)) is None
    assert unpaid_lapse(policy, accepted_at=accepted_at, at=end) == Lapse(
        code=LapseCode.UNPAID, asks_first=False
    )
    assert unpaid_lapse(policy, accepted_at=accepted_at, at=end, never_cancel=True) is None
    assert unpaid_lapse(CancellationPolicy(id=2), accepted_at=accepted_at, at=end) is None
    assert unpaid_lapse(None, accepted_at=accepted_at, at=end) is None


BANDS = [
    MakeGood(days_late=3, kind="free shipping", cost=Decimal(5)),
    MakeGood(days_late=10, kind="credit", cost=Decimal(20)),
    MakeGood(days_late=10, kind="discount", cost=Decimal(40), least_value=Decimal(200)),
]


@pytest.mark.parametrize(
    ("days_late", "value", "budget", "kind"),
    [
        (2, 500, 100, None),
        (3, 500, 100, "free shipping"),
        (10, 199, 100, "credit"),
        (10, 200, 100, "discount"),
        (10, 200, 39, "credit"),
        (10, 200, 4, None),
    ],
)
def test_a_late_line_is_offered_its_highest_band_within_the_budget(
    days_late: int, value: int, budget: int, kind: str | None
) -> None:
    offer = make_good(BANDS, days_late=days_late, value=Decimal(value), budget_left=Decimal(budget))

    assert (offer.kind if offer else None) == kind
