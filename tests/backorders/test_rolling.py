"""Sums kept by day give the figures that the rows give, whatever happened since."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backorders.insight import answering, covering, kpis, measures, reading, rolling, totalling
from backorders.insight.answering import Window
from backorders.insight.facts import LineFact
from backorders.insight.measures import Sums
from backorders.insight.narrowing import ALL as EVERYTHING
from backorders.insight.narrowing import Narrow
from backorders.insight.rolling import Kind
from backorders.models import KpiDay, KpiMonth, KpiRoll
from oms.kernel import clock
from oms.orders.models import Channel
from tests.backorders.test_kpi_reading import at, told
from tests.backorders.test_kpis import ALL, AS_OF, L2, L3, L5
from tests.queries import queries_of
from tests.world import World

__all__ = ["told"]
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 17)


def values(figures: list[kpis.Figure]) -> dict[str, Fraction | None]:
    """The values by code."""
    return {figure.code: figure.value for figure in figures}


def test_the_fixture_is_exact_from_sums() -> None:
    summed = values(list(measures.cohort(measures.of_cohort(ALL, AS_OF.date()))))
    direct = values(kpis.cohort(ALL, AS_OF))

    assert {code: summed[code] for code in direct} == direct
    assert values(measures.cycle(measures.of_closed([L2, L3, L5]))) == {
        "cycle_mean": Fraction(9),
        "cycle_weighted": Fraction(104, 11),
    }


def test_tickets_are_counted_per_hundred_orders() -> None:
    # O1, O2, O3 and O5 hold backorders; of these O1, O2 and O3 have them closed.
    lines = [with_tickets(line) for line in ALL]

    figures = values(list(measures.cohort(measures.of_cohort(lines, AS_OF.date()))))

    assert figures["ticket_rate"] == Fraction(300, 4)
    assert figures["ticket_rate_others"] == 100
    assert figures["ticket_ratio"] == Fraction(3, 4)
    assert figures["contact_free_rate"] == Fraction(1, 3)


def with_tickets(line: LineFact) -> LineFact:
    """Two calls about O1, one about O2 and one about O4."""
    tickets = {1: 2, 2: 1, 4: 1}.get(line.order_id, 0)
    names = {name: getattr(line, name) for name in LineFact.__dataclass_fields__}
    return LineFact(**{**names, "tickets": tickets})


facts = st.builds(
    LineFact,
    order_id=st.integers(1, 6),
    line_id=st.integers(1, 99),
    ordered_qty=st.integers(1, 9),
    first_pass_qty=st.integers(0, 1),
    unit_price=st.decimals(1, 99, places=2),
    backordered_qty=st.integers(0, 4),
    delivered_late_qty=st.integers(0, 2),
    first_promise_on=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 30)),
    promise_on=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 30)),
    promises=st.integers(1, 3),
    service_level=st.none() | st.sampled_from([Decimal("0.9"), Decimal("0.95")]),
    completed_on=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 14)),
    is_whole=st.booleans(),
    customer_cancelled_on=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 14)),
    cancelled_by=st.sampled_from([(), (("customer", 1),), (("merchant", 1), ("law", 1))]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(facts, max_size=20), st.lists(facts, max_size=20))
def test_sums_of_two_days_give_the_figures_of_both(first: list[LineFact], second: list[LineFact]) -> None:
    # An order is accepted on one day, so no order is in both.
    second = [
        LineFact(
            **{**{n: getattr(line, n) for n in LineFact.__dataclass_fields__}, "order_id": line.order_id + 50}
        )
        for line in second
    ]
    total = Sums()
    for lines in (first, second):
        total.add(measures.of_cohort(lines, AS_OF.date()))

    summed, direct = values(list(measures.cohort(total))), values(kpis.cohort([*first, *second], AS_OF))
    assert {code: summed[code] for code in direct} == direct


def direct(narrow: Narrow = EVERYTHING, zone: str = "UTC") -> dict[str, Fraction | None]:
    """The figures straight from the rows by the formulas of old."""
    start, end = rolling.midnight(FIRST, zone), rolling.midnight(LAST, zone)
    return values(kpis.cohort(reading.cohort_lines(start, end, zone, narrow), clock.now()))


def answered(narrow: Narrow = EVERYTHING) -> dict[str, Fraction | None]:
    """The figures as they are answered."""
    window = Window(start=FIRST, end=LAST, zone="UTC", narrow=narrow)
    return values(answering.cohort(window))


@pytest.fixture
def lived(told: World, frozen: clock.Journey) -> Iterator[World]:
    """The story of the reading tests, with a second channel and region."""
    shop = Channel.objects.create(code="SHOP")
    told("""
        stock TABLE 9
        po    PO-8  CHAIR 9 expected 20 Mar
    """)
    told.orders("X", ("CHAIR", 3), channel=shop, region="FR")
    told.orders("Y", ("TABLE", 2), channel=shop)
    told.settle()
    yield told


NARROWS = [
    Narrow(),
    Narrow(channel="SHOP"),
    Narrow(region="FR"),
    Narrow(sku="CHAIR"),
    Narrow(supplier="ACME"),
    Narrow(cause="supplier_delay"),
    Narrow(mode="accidental"),
    Narrow(channel="SHOP", sku="CHAIR"),
    Narrow(sku="CHAIR", mode="accidental"),
]


@pytest.mark.parametrize("narrow", NARROWS, ids=lambda narrow: str(narrow.asked()))
def test_daily_sums_answer_what_the_rows_do(lived: World, frozen: clock.Journey, narrow: Narrow) -> None:
    rolling.roll(zone="UTC")
    frozen.forward(timedelta(minutes=5))
    rolling.roll(zone="UTC")

    found = answered(narrow)
    assert {code: found[code] for code in direct(narrow)} == direct(narrow)


def test_what_happens_after_the_sums_is_answered_at_once(lived: World, frozen: clock.Journey) -> None:
    rolling.roll(zone="UTC")
    rolling.roll(zone="UTC")
    before = answered()
    lived.cancels("E", cause="customer_request")
    after = answered()

    assert before["cancelled_unit"] != after["cancelled_unit"]
    assert {code: after[code] for code in direct()} == direct()


def test_a_promise_that_falls_due_is_counted_though_nothing_was_written(
    lived: World, frozen: clock.Journey
) -> None:
    for _ in range(2):
        rolling.roll(zone="UTC")
    frozen.move_to(at(30))

    assert {code: answered()[code] for code in direct()} == direct()


def test_quiet_days_are_read_from_sums_alone(lived: World, frozen: clock.Journey) -> None:
    for _ in range(2):
        frozen.forward(timedelta(days=2))
        rolling.roll(zone="UTC")

    asked = queries_of(lambda: totalling.total(Kind.ACCEPTED, [FIRST, date(2026, 3, 4)], zone="UTC"))

    assert [sql for sql in asked if "orders_orderline line" in sql and "shipped_qty" in sql] == []
    assert KpiDay.objects.filter(kind="accepted", scope="sku", value="CHAIR", day=FIRST).exists()


@pytest.mark.parametrize("narrow", [*NARROWS, Narrow(region="FR", sku="CHAIR")], ids=lambda n: str(n.asked()))
def test_whole_months_answer_what_their_days_do(lived: World, frozen: clock.Journey, narrow: Narrow) -> None:
    march, window = date(2026, 3, 1), Window(start=FIRST, end=LAST, zone="UTC", narrow=narrow)
    year = Window(start=date(2026, 1, 1), end=date(2027, 1, 1), zone="UTC", narrow=narrow)
    for _ in range(3):
        frozen.forward(timedelta(days=30))
        rolling.roll(zone="UTC")

    asked = queries_of(lambda: answering.cohort(year))
    said = {split: answering.by_word(year, split) for split in totalling.SPLITS}

    if totalling.Asked(kind=Kind.ACCEPTED, groups={}, zone="UTC", narrow=narrow).is_kept:
        assert any("backorders_kpimonth kept" in sql for sql in asked)
    assert values(answering.cohort(year)) == values(answering.cohort(window))
    assert values(answering.flow(year)) == values(answering.flow(window))
    KpiMonth.objects.filter(month=march).delete()
    assert {split: answering.by_word(year, split) for split in totalling.SPLITS} == said


def test_a_run_leaves_what_is_too_much_for_the_next(
    lived: World, frozen: clock.Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling, "LINES_PER_RUN", 1)
    runs = 0
    while not KpiRoll.objects.exists() or KpiRoll.objects.all()[0].owed:
        frozen.forward(timedelta(minutes=5))
        runs += rolling.roll(zone="UTC") > 0
        assert {code: answered()[code] for code in direct()} == direct()

    assert runs >= len(set(KpiDay.objects.filter(kind="accepted").values_list("day", flat=True)))


def test_busy_days_are_answered_from_the_last_run(
    lived: World, frozen: clock.Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        rolling.roll(zone="UTC")
    before = answered()
    monkeypatch.setattr(totalling, "LIVE_LINES", 0)
    lived.cancels("E", cause="customer_request")

    assert answered()["cancelled_unit"] == before["cancelled_unit"]
    rolling.roll(zone="UTC")
    assert {code: answered()[code] for code in direct()} == direct()


def test_figures_come_apart_by_period_and_by_what_lines_differ_in(lived: World) -> None:
    window = Window(start=FIRST, end=LAST, zone="UTC")

    def lines(groups: list[answering.Group]) -> dict[str, Fraction]:
        found = {}
        for group in groups:
            of = next(f.of for f in group.figures if f.code == "backorder_rate_line")
            assert of is not None
            found[group.name] = of[1]
        return found

    for _ in range(2):
        assert lines(answering.by_period(window, "week")) == {"2026-03-02": 4, "2026-03-09": 2}
        assert lines(answering.by_period(window, "month")) == {"2026-03": 6}
        assert lines(answering.by_word(window, "channel")) == {"WEB": 4, "SHOP": 2}
        assert lines(answering.by_word(window, "sku")) == {"CHAIR": 2, "LAMP": 2, "TABLE": 2}
        assert lines(answering.by_word(window, "supplier")) == {"ACME": 6}
        rolling.roll(zone="UTC")
        rolling.roll(zone="UTC")


def test_flow_figures_are_those_of_the_report(lived: World, frozen: clock.Journey) -> None:
    start, end = rolling.midnight(FIRST, "UTC"), rolling.midnight(LAST, "UTC")
    closed = reading.closed_lines(start, end, "UTC")
    said = values([*kpis.cycle(closed), *kpis.flow(reading.flow_facts(start, end, closed))])
    window = Window(start=FIRST, end=LAST, zone="UTC")
    live = values(answering.flow(window))
    rolling.roll(zone="UTC")
    frozen.forward(timedelta(days=3))
    rolling.roll(zone="UTC")

    assert live == said
    assert values(answering.flow(window)) == said


def test_the_book_is_that_of_the_report(lived: World) -> None:
    said = values(
        kpis.snapshot(
            reading.waiting_lines(clock.now(), "UTC"),
            reading.closed_lines(at(1), clock.now(), "UTC"),
            covering.facts(zone="UTC")[""],
            clock.now(),
        )
    )

    assert values(answering.snapshot(Window(start=FIRST, end=LAST, zone="UTC"))) == said


def test_as_many_questions_for_many_lines_as_for_few(world: World) -> None:
    world("po PO-1 CHAIR 1000 expected 12 Mar")
    asked: list[int] = []
    for rows in (3, 20):
        for number in range(rows):
            world.orders(f"SO-{rows}-{number}", ("CHAIR", 1))
        act: Callable[[], object] = lambda: rolling.put(Kind.ACCEPTED, FIRST, "UTC")  # noqa: E731
        asked.append(len(queries_of(act)))

    assert asked[0] == asked[1]
