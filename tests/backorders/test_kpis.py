"""The key figures against one small world whose every figure was reckoned by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from backorders.insight import kpis, wording
from backorders.insight.facts import FlowFacts, LineFact, NoticeFact, RefusalFact, StockFacts
from backorders.insight.kpis import Figure

AS_OF = datetime(2026, 3, 15, tzinfo=UTC)


def march(day: int) -> date:
    """A day of the fixture's month."""
    return date(2026, 3, day)


def at(day: int) -> datetime:
    """Midnight at the start of a day of the fixture's month."""
    return datetime(2026, 3, day, tzinfo=UTC)


def line(order: int, number: int, qty: int, price: int, first_pass: int, **more: object) -> LineFact:
    """A line of the fixture."""
    return LineFact(
        order_id=order,
        line_id=number,
        ordered_qty=qty,
        unit_price=Decimal(price),
        first_pass_qty=first_pass,
        **more,  # type: ignore[arg-type]
    )


def promised(day: int, done: int | None = None) -> dict[str, object]:
    """First and current promise, and the day the line was wholly delivered."""
    return {
        "first_promise_on": march(day),
        "promise_on": march(day),
        "completed_on": march(done) if done else None,
    }


L1 = line(1, 1, 10, 20, 10, **promised(5, 4))
L2 = line(
    1,
    2,
    5,
    40,
    2,
    **promised(12, 11),
    backordered_qty=3,
    opened_at=at(2),
    closed_at=at(10),
    delivered_late_qty=3,
)
L3 = line(
    2,
    3,
    8,
    20,
    0,
    **promised(10, 14),
    backordered_qty=8,
    opened_at=at(3),
    closed_at=at(13),
    delivered_late_qty=8,
)
L4 = line(3, 4, 4, 100, 4, **promised(6, 6))
L5 = line(
    3, 5, 6, 40, 0, **promised(12), backordered_qty=6, opened_at=at(4), closed_at=at(9),
    cancelled_by=(("customer", 6),), customer_cancelled_on=march(9), is_whole=False,
)  # fmt: skip
L6 = line(4, 6, 2, 50, 2, **promised(7, 8))
L7 = line(5, 7, 7, 40, 3, **promised(20), backordered_qty=4, opened_at=at(5), waiting_qty=4)
ALL = [L1, L2, L3, L4, L5, L6, L7]


def by_code(figures: list[Figure]) -> dict[str, Fraction | None]:
    """The values by code."""
    return {figure.code: figure.value for figure in figures}


def of_cohort() -> dict[str, Fraction | None]:
    """The cohort figures of the fixture."""
    return by_code(kpis.cohort(ALL, AS_OF))


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("fill_rate_unit", Fraction(21, 42)),
        ("fill_rate_line", Fraction(3, 7)),
        ("fill_rate_order", Fraction(1, 5)),
        ("fill_rate_value", Fraction(900, 1580)),
        ("backorder_rate_line", Fraction(4, 7)),
        ("backorder_rate_unit", Fraction(1, 2)),
        ("backorder_rate_order", Fraction(4, 5)),
        ("promise_kept_first", Fraction(3, 5)),
        ("promise_kept_current", Fraction(3, 5)),
        ("promise_kept_backorders", Fraction(1, 2)),
        ("otif_order", Fraction(1, 4)),
        ("otif_line", Fraction(3, 6)),
        ("otif_unit", Fraction(19, 35)),
        ("cancelled_unit", Fraction(6, 21)),
        ("cancelled_line", Fraction(1, 4)),
        ("cancelled_by_customer", Fraction(6, 21)),
        ("cancelled_by_merchant", Fraction(0)),
        ("cancelled_by_policy", Fraction(0)),
        ("cancelled_by_law", Fraction(0)),
        ("revenue_retention", Fraction(280, 520)),
        ("slip_mean", Fraction(3, 5)),
        ("slip_p90", Fraction(4)),
        ("re_promises", Fraction(0)),
    ],
)
def test_cohort_figures_of_the_fixture_are_exact(code: str, value: Fraction) -> None:
    assert of_cohort()[code] == value


def test_shares_keep_the_pair_they_came_from() -> None:
    figure = next(f for f in kpis.cohort(ALL, AS_OF) if f.code == "fill_rate_value")

    assert figure.of == (Fraction(900), Fraction(1580))


def test_snapshot_figures_of_the_fixture_are_exact() -> None:
    figures = by_code(kpis.snapshot([L7], [L2, L3, L5], StockFacts(), AS_OF))

    assert figures["open_value"] == 160
    assert figures["past_due_value"] == 0
    assert figures["open_age_mean"] == 10
    assert figures["open_age_weighted"] == 10
    assert figures["open_age_p50"] == 10
    assert figures["open_age_p90"] == 10
    assert figures["open_age_from_8"] == 1
    assert figures["open_age_from_0"] == 0
    assert figures["open_lines"] == 1
    assert figures["open_units"] == 4


def test_cycle_of_the_fixture_leaves_out_the_cancelled_one() -> None:
    figures = by_code(kpis.cycle([L2, L3, L5]))

    assert figures == {"cycle_mean": Fraction(9), "cycle_weighted": Fraction(104, 11)}


def test_nothing_to_divide_by_is_none_and_not_zero() -> None:
    empty = [
        *kpis.cohort([], AS_OF),
        *kpis.cycle([]),
        *kpis.flow(FlowFacts()),
        *kpis.snapshot([], [], StockFacts(on_hand_qty=5), AS_OF),
    ]

    values = by_code(empty)
    assert {code for code, value in values.items() if value is not None} == {
        "open_lines", "open_units", "open_value", "past_due_value", "revenue_at_risk",
        "open_age_from_0", "open_age_from_8", "open_age_from_15", "open_age_from_31", "open_age_from_61",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "bucket"), [(7, 0), (8, 8), (14, 8), (15, 15), (30, 15), (31, 31), (60, 31), (61, 61)]
)
def test_age_buckets_part_between_whole_days(days: int, bucket: int) -> None:
    old = line(9, 9, 1, 1, 0, backordered_qty=1, waiting_qty=1, opened_at=AS_OF - timedelta(days=days))

    figures = by_code(kpis.snapshot([old], [], StockFacts(), AS_OF))

    assert [code for code in figures if code.startswith("open_age_from_") and figures[code]] == [
        f"open_age_from_{bucket}"
    ]


def test_a_promise_is_due_only_when_its_day_is_over() -> None:
    due_today = line(1, 1, 1, 10, 1, **promised(15))

    assert by_code(kpis.cohort([due_today], AS_OF))["promise_kept_first"] is None
    assert by_code(kpis.cohort([due_today], AS_OF + timedelta(days=1)))["promise_kept_first"] == 0


def test_a_merchant_who_cancels_breaks_the_promise() -> None:
    dropped = line(
        1, 1, 4, 10, 0, **promised(5), backordered_qty=4, cancelled_by=(("merchant", 4),), is_whole=False
    )

    figures = by_code(kpis.cohort([dropped], AS_OF))

    assert figures["promise_kept_first"] == 0
    assert figures["cancelled_by_merchant"] == 1


def test_a_customer_who_leaves_after_the_due_day_was_let_down() -> None:
    left_late = line(1, 1, 4, 10, 0, **promised(5), customer_cancelled_on=march(6), is_whole=False)
    left_in_time = line(2, 2, 4, 10, 0, **promised(5), customer_cancelled_on=march(5), is_whole=False)

    assert by_code(kpis.cohort([left_late], AS_OF))["promise_kept_first"] == 0
    assert by_code(kpis.cohort([left_in_time], AS_OF))["promise_kept_first"] is None


def test_re_promised_lines_are_judged_by_both_promises() -> None:
    moved = line(
        1, 1, 1, 10, 0, first_promise_on=march(4), promise_on=march(9), completed_on=march(8), promises=3
    )

    figures = by_code(kpis.cohort([moved], AS_OF))

    assert figures["promise_kept_first"] == 0
    assert figures["promise_kept_current"] == 1
    assert figures["re_promises"] == 2
    assert figures["slip_mean"] == 4


def test_calibration_is_the_kept_share_less_the_level() -> None:
    level = Decimal("0.9")
    lines = [
        line(n, n, 1, 10, 0, **promised(5, 5 if n < 8 else 6), backordered_qty=1, service_level=level)
        for n in range(10)
    ]

    assert by_code(kpis.cohort(lines, AS_OF))["calibration_p90"] == -10


def test_value_past_its_first_promise_is_shown_apart() -> None:
    overdue = line(8, 8, 2, 30, 0, **promised(14), backordered_qty=2, opened_at=at(1), waiting_qty=2)

    figures = by_code(kpis.snapshot([L7, overdue], [], StockFacts(), AS_OF))

    assert figures["open_value"] == 220
    assert figures["past_due_value"] == 60


def test_revenue_at_risk_learns_from_those_who_waited_as_long() -> None:
    history = [
        line(
            1,
            1,
            4,
            1,
            0,
            backordered_qty=4,
            opened_at=at(1),
            closed_at=at(3),
            cancelled_by=(("customer", 4),),
        ),
        line(
            1,
            2,
            3,
            1,
            0,
            backordered_qty=3,
            opened_at=at(1),
            closed_at=at(12),
            cancelled_by=(("customer", 3),),
        ),
        line(1, 3, 9, 1, 0, backordered_qty=9, opened_at=at(1), closed_at=at(11)),
        line(1, 4, 5, 1, 0, backordered_qty=5, opened_at=at(1), closed_at=at(14), delays=1),
    ]

    figures = by_code(kpis.snapshot([L7], history, StockFacts(), AS_OF))

    assert figures["revenue_at_risk"] == 160 * Fraction(3, 12)


def test_revenue_at_risk_is_unknown_without_history() -> None:
    assert by_code(kpis.snapshot([L7], [], StockFacts(), AS_OF))["revenue_at_risk"] is None


def test_days_of_cover_count_free_units_over_mean_daily_demand() -> None:
    stock = StockFacts(
        on_hand_qty=100, allocated_qty=30, safety_qty=10, inbound_qty=40, ordered_28_days_qty=56
    )

    figures = by_code(kpis.snapshot([], [], stock, AS_OF))

    assert figures["days_of_cover"] == 30
    assert figures["days_of_cover_inbound"] == 50


def test_flow_figures_measure_notice_latency_refusals_and_pull_through() -> None:
    facts = FlowFacts(
        notices=[
            NoticeFact(known_at=at(1), told_at=at(2), promised_at=at(10)),
            NoticeFact(known_at=at(1), told_at=at(4), promised_at=None),
        ],
        release_latencies=[timedelta(seconds=n) for n in range(1, 21)],
        refusals=[
            RefusalFact(name="WEB 60", asked_qty=10, refused_qty=4),
            RefusalFact(name="drop", asked_qty=10, refused_qty=1),
        ],
        accepted_qty=30,
        received_qty=50,
        released_qty=20,
        run_lines=8,
        shuffled_lines=2,
    )  # fmt: skip

    assert by_code(kpis.flow(facts)) == {
        "notice_delay": 2,
        "notice_lead": 8,
        "release_latency_p95": 19,
        "pull_through": Fraction(2, 5),
        "allocation_churn": Fraction(1, 4),
        "refused": Fraction(1, 10),
        "refused:WEB 60": Fraction(2, 5),
        "refused:drop": Fraction(1, 10),
    }


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (kpis.share("", "", 900, 1580), "57.0 %"),
        (Figure("", "", Fraction(104, 11), kpis.Unit.DAYS), "9.45 d"),
        (Figure("", "", Fraction(160), kpis.Unit.MONEY), "160.00"),
        (Figure("", "", Fraction(1234), kpis.Unit.UNITS), "1,234"),
        (Figure("", "", Fraction(-10), kpis.Unit.POINTS), "-10.0 points"),
        (Figure("", "", None, kpis.Unit.SHARE), "—"),
    ],
)
def test_figures_read_with_their_unit(figure: Figure, text: str) -> None:
    assert wording.value(figure) == text


def test_a_row_names_the_pair_behind_a_share() -> None:
    assert wording.rows([kpis.share("x", "Fill", 21, 42)]) == [("Fill", "50.0 %", "21 / 42")]
