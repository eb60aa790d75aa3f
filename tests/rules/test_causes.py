"""Causes from evidence: each code by itself, several at once, and the intended modes."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.causes import (
    CauseCode,
    DemandFact,
    Evidence,
    PurchaseFact,
    classify,
    delayed_qty,
    surprise_qty,
    undershoot_qty,
)
from backorders.rules.types import WaitMode

TODAY = date(2026, 3, 10)
BEFORE, AFTER = date(2026, 3, 9), date(2026, 3, 11)
LATE = PurchaseFact(open_qty=40, first_confirmed_on=BEFORE, expected_on=date(2026, 3, 20))


def _codes(evidence: Evidence) -> list[tuple[str, int]]:
    return [(finding.code.value, finding.qty) for finding in classify(evidence)]


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (WaitMode.LIMITED_DROP, CauseCode.LIMITED_DROP),
        (WaitMode.MADE_TO_ORDER, CauseCode.MADE_TO_ORDER),
        (WaitMode.CAPITAL_LIGHT, CauseCode.CAPITAL_LIGHT_LAUNCH),
        (WaitMode.PREORDER, CauseCode.CAPITAL_LIGHT_LAUNCH),
    ],
)
def test_an_intended_wait_is_never_a_failure(mode: WaitMode, code: CauseCode) -> None:
    [finding] = classify(Evidence(short_qty=8, on=TODAY, mode=mode, purchases=[LATE], held_qty=9))

    assert (finding.code, finding.qty, finding.share, finding.confidence) == (
        code,
        8,
        Fraction(1),
        Fraction(1),
    )
    assert finding.code.is_intended


def test_an_accidental_cause_is_not_intended() -> None:
    assert not CauseCode.SUPPLIER_DELAY.is_intended


@pytest.mark.parametrize(
    ("evidence", "code", "confidence"),
    [
        (Evidence(short_qty=10, on=TODAY, purchases=[LATE]), CauseCode.SUPPLIER_DELAY, Fraction(90, 100)),
        (Evidence(short_qty=10, on=TODAY, held_qty=10), CauseCode.QUALITY_HOLD, Fraction(95, 100)),
        (Evidence(short_qty=10, on=TODAY, oversold_qty=12), CauseCode.CHANNEL_OVERSELL, Fraction(95, 100)),
        (Evidence(short_qty=10, on=TODAY, count_loss_qty=5), CauseCode.STOCK_RECORD_ERROR, Fraction(95, 200)),
        (Evidence(short_qty=10, on=TODAY, moq_waiting_qty=10), CauseCode.MOQ_SHORTFALL, Fraction(80, 100)),
        (
            Evidence(
                short_qty=10,
                on=TODAY,
                demand=DemandFact(sold_qty=90, forecast_qty=50, spike_qty=40, in_promotion=True),
            ),
            CauseCode.PROMOTION_SURPRISE,
            Fraction(75, 100),
        ),
        (
            Evidence(short_qty=10, on=TODAY, demand=DemandFact(sold_qty=70, forecast_qty=50)),
            CauseCode.FORECAST_UNDERSHOOT,
            Fraction(60, 100),
        ),
    ],
)
def test_one_kind_of_evidence_gives_one_cause(
    evidence: Evidence, code: CauseCode, confidence: Fraction
) -> None:
    [finding] = classify(evidence)

    assert (finding.code, finding.share, finding.confidence) == (code, Fraction(1), confidence)


def test_without_evidence_the_plan_fell_short_with_little_confidence() -> None:
    [finding] = classify(Evidence(short_qty=4, on=TODAY))

    assert (finding.code, finding.qty, finding.share) == (CauseCode.FORECAST_UNDERSHOOT, 4, Fraction(1))
    assert finding.confidence == Fraction(1, 10)


@pytest.mark.parametrize(
    ("moved", "qty"),
    [
        (PurchaseFact(open_qty=3, first_confirmed_on=AFTER, expected_on=date(2026, 4, 1)), 3),
        (PurchaseFact(open_qty=8, first_expected_on=AFTER, expected_on=date(2026, 4, 1)), 4),
        (PurchaseFact(open_qty=2, first_confirmed_on=AFTER, expected_on=None), 2),
    ],
)
def test_a_purchase_moved_later_explains_what_nothing_else_does(moved: PurchaseFact, qty: int) -> None:
    [finding] = classify(Evidence(short_qty=4, on=TODAY, purchases=[moved]))

    assert (finding.code, finding.qty, finding.share) == (CauseCode.SUPPLIER_DELAY, qty, Fraction(1))
    assert finding.confidence == Fraction(qty, 8)
    assert _codes(Evidence(short_qty=4, on=TODAY, purchases=[moved], held_qty=1)) == [("quality_hold", 1)]


@pytest.mark.parametrize(
    "purchase",
    [
        PurchaseFact(open_qty=3, first_confirmed_on=AFTER, expected_on=AFTER),
        PurchaseFact(open_qty=3, first_expected_on=AFTER, expected_on=TODAY),
        PurchaseFact(open_qty=3, expected_on=AFTER),
    ],
)
def test_a_purchase_on_time_or_early_explains_nothing(purchase: PurchaseFact) -> None:
    [finding] = classify(Evidence(short_qty=4, on=TODAY, purchases=[purchase]))

    assert (finding.code, finding.confidence) == (CauseCode.FORECAST_UNDERSHOOT, Fraction(1, 10))


def test_nothing_short_leaves_nothing_to_explain() -> None:
    [finding] = classify(Evidence(short_qty=0, on=TODAY, held_qty=4))

    assert (finding.code, finding.qty) == (CauseCode.FORECAST_UNDERSHOOT, 0)


def test_causes_are_ordered_by_the_units_they_explain() -> None:
    evidence = Evidence(short_qty=50, on=TODAY, purchases=[LATE], held_qty=4, count_loss_qty=6)

    assert _codes(evidence) == [("supplier_delay", 40), ("stock_record_error", 6), ("quality_hold", 4)]
    assert [finding.share for finding in classify(evidence)] == [
        Fraction(40, 50),
        Fraction(6, 50),
        Fraction(4, 50),
    ]


def test_equal_causes_stand_in_the_documented_order() -> None:
    evidence = Evidence(
        short_qty=5,
        on=TODAY,
        purchases=[LATE],
        held_qty=9,
        oversold_qty=9,
        count_loss_qty=9,
        moq_waiting_qty=9,
        demand=DemandFact(
            sold_qty=70, forecast_qty=50, baseline_qty=5, spike_qty=10, concentration=0.5, in_promotion=False
        ),
    )

    assert [code for code, _ in _codes(evidence)] == [
        "stock_record_error",
        "quality_hold",
        "channel_oversell",
        "supplier_delay",
        "moq_shortfall",
        "promotion_surprise",
        "forecast_undershoot",
    ]
    assert {qty for _, qty in _codes(evidence)} == {5}


@pytest.mark.parametrize(
    ("purchase", "missing"),
    [
        (PurchaseFact(open_qty=8, first_confirmed_on=BEFORE, expected_on=BEFORE), 8),
        (PurchaseFact(open_qty=8, first_confirmed_on=TODAY, expected_on=TODAY), 0),
        (PurchaseFact(open_qty=8, first_confirmed_on=TODAY, expected_on=AFTER), 8),
        (PurchaseFact(open_qty=8, first_confirmed_on=TODAY, expected_on=None), 8),
        (PurchaseFact(open_qty=8, first_confirmed_on=AFTER, expected_on=date(2026, 4, 1)), 0),
        (PurchaseFact(open_qty=8, first_confirmed_on=None, expected_on=AFTER), 0),
        (PurchaseFact(open_qty=0, first_confirmed_on=BEFORE, expected_on=BEFORE, short_qty=3), 3),
        (PurchaseFact(open_qty=2, first_confirmed_on=TODAY, expected_on=TODAY, short_qty=3), 3),
    ],
)
def test_a_supplier_is_late_against_the_first_date_it_confirmed(purchase: PurchaseFact, missing: int) -> None:
    assert delayed_qty([purchase], on=TODAY) == missing


def test_a_purchase_counts_when_it_was_first_due_by_the_day_of_need() -> None:
    moved = PurchaseFact(open_qty=8, first_confirmed_on=AFTER, expected_on=date(2026, 4, 1))

    assert delayed_qty([moved, LATE], on=TODAY, needed_on=AFTER) == 48
    assert _codes(Evidence(short_qty=60, on=TODAY, needed_on=AFTER, purchases=[moved])) == [
        ("supplier_delay", 8)
    ]


@pytest.mark.parametrize(
    ("demand", "surprise", "undershoot"),
    [
        (None, 0, 0),
        (DemandFact(sold_qty=50, forecast_qty=50), 0, 0),
        (DemandFact(sold_qty=40, forecast_qty=50), 0, 0),
        (DemandFact(sold_qty=90, forecast_qty=50, spike_qty=30, in_promotion=True), 30, 10),
        (DemandFact(sold_qty=60, forecast_qty=50, spike_qty=30, in_promotion=True), 10, 0),
        (DemandFact(sold_qty=40, forecast_qty=50, spike_qty=30, in_promotion=True), 0, 0),
        (
            DemandFact(sold_qty=90, forecast_qty=50, spike_qty=30, in_promotion=True, told_in_time=True),
            0,
            40,
        ),
        (DemandFact(sold_qty=90, forecast_qty=50, baseline_qty=30, spike_qty=30, concentration=0.5), 30, 10),
        (DemandFact(sold_qty=90, forecast_qty=50, baseline_qty=31, spike_qty=30, concentration=0.9), 0, 40),
        (DemandFact(sold_qty=90, forecast_qty=50, baseline_qty=30, spike_qty=30, concentration=0.49), 0, 40),
        (
            DemandFact(
                sold_qty=90,
                forecast_qty=50,
                baseline_qty=30,
                spike_qty=30,
                concentration=1,
                told_in_time=True,
            ),
            30,
            10,
        ),
    ],
)
def test_a_spike_surprises_only_when_planning_was_not_told(
    demand: DemandFact | None, surprise: int, undershoot: int
) -> None:
    assert surprise_qty(demand) == surprise
    assert undershoot_qty(demand, surprise=surprise) == undershoot


@given(
    short_qty=st.integers(1, 60),
    units=st.tuples(*[st.integers(0, 80)] * 4),
    mode=st.sampled_from(WaitMode),
)
def test_shares_always_add_up_and_the_tag_explains_most(
    short_qty: int, units: tuple[int, int, int, int], mode: WaitMode
) -> None:
    held, oversold, lost, waiting = units

    findings = classify(
        Evidence(
            short_qty=short_qty,
            on=TODAY,
            mode=mode,
            held_qty=held,
            oversold_qty=oversold,
            count_loss_qty=lost,
            moq_waiting_qty=waiting,
        )
    )

    assert sum(finding.share for finding in findings) == 1
    assert all(0 < finding.qty <= short_qty and 0 < finding.confidence <= 1 for finding in findings)
    assert findings[0].qty == max(finding.qty for finding in findings)
