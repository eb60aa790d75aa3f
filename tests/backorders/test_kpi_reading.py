"""The key figures from rows: a short story whose every fact is known, read back exactly."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backorders.insight import covering, reading, reporting
from backorders.insight.facts import LineFact, NoticeFact, RefusalFact
from backorders.models import AtpRule, Cap
from backorders.promising import OrderRefused
from oms.kernel import clock
from oms.kernel.errors import InvalidValue
from oms.orders import shipping
from tests.queries import same_queries
from tests.world import ANNA, World

START, END = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)


def at(day: int, hour: int = 8) -> datetime:
    """An hour of a day in March."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture
def told(world: World, frozen: clock.Journey) -> Iterator[World]:
    """A waits for a purchase that slips; B ships at once; C gives up; D is a fraud; E still waits."""
    world("""
        stock CHAIR 6
        stock TABLE 2
        po    PO-7  CHAIR 10 expected 12 Mar
        po    PO-9  LAMP  5  expected 10 Mar
    """)
    world.orders("A", ("CHAIR", 10))
    world.orders("B", ("TABLE", 2), price=Decimal("12.50"))
    world.orders("C", ("LAMP", 3))
    world.orders("D", ("CHAIR", 1))
    world.cancels("D", cause="fraud")
    frozen.forward(timedelta(hours=1))
    world.settle()
    world.releases()
    world.ships("B")
    frozen.move_to(at(4))
    world.cancels("C", cause="customer_choice")
    world.orders("E", ("LAMP", 4))
    world.slips("PO-7", to="14 Mar")
    frozen.forward(timedelta(hours=2))
    world.settle()
    frozen.move_to(at(14))
    world.receives("PO-7", 10)
    world.settle()
    world.releases()
    world.ships("A")
    frozen.move_to(at(15))
    yield world


def fact(told: World, name: str, **more: object) -> LineFact:
    """What a line's fact should be, beside what is named."""
    line = told.line(name)
    return LineFact(
        order_id=line.order_id,
        line_id=line.pk,
        ordered_qty=line.ordered_qty,
        unit_price=line.unit_price,
        service_level=Decimal("0.900"),
        **more,  # type: ignore[arg-type]
    )


def test_lines_accepted_in_the_window_are_read_with_their_whole_story(told: World) -> None:
    facts = reading.cohort_lines(START, END, "UTC")

    assert facts == [
        fact(
            told, "A", first_pass_qty=6, backordered_qty=4, opened_at=at(2), closed_at=at(14),
            delivered_late_qty=4, first_promise_on=date(2026, 3, 12), promise_on=date(2026, 3, 14),
            completed_on=date(2026, 3, 14), promises=2, delays=1,
        ),
        fact(
            told, "B", first_pass_qty=2, first_promise_on=date(2026, 3, 2), promise_on=date(2026, 3, 2),
            completed_on=date(2026, 3, 2),
        ),
        fact(
            told, "C", first_pass_qty=0, backordered_qty=3, opened_at=at(2), closed_at=at(4),
            first_promise_on=date(2026, 3, 10), promise_on=date(2026, 3, 10), is_whole=False,
            customer_cancelled_on=date(2026, 3, 4), cancelled_by=(("customer", 3),),
        ),
        fact(
            told, "E", first_pass_qty=0, backordered_qty=4, opened_at=at(4), waiting_qty=4,
            first_promise_on=date(2026, 3, 10), promise_on=date(2026, 3, 10),
        ),
    ]  # fmt: skip


def test_the_window_is_half_open(told: World) -> None:
    def names(start: datetime, end: datetime) -> int:
        return len(reading.cohort_lines(start, end, "UTC"))

    assert names(at(2), at(4)) == 3
    assert names(at(4), at(5)) == 1
    assert names(at(3), at(4)) == 0


def test_a_fraud_is_counted_once_somebody_tried_to_ship_it(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 6")
    world.orders("D", ("CHAIR", 1))
    frozen.forward(timedelta(hours=1))
    world.settle()
    world.releases()
    [pick] = world.picks("D")
    shipping.give_back_pick(pick_id=pick.pk, cause="fraud", actor=ANNA)
    world.cancels("D", cause="fraud")

    assert len(reading.cohort_lines(START, END, "UTC")) == 1


def test_open_and_closed_backorders_are_read_apart(told: World) -> None:
    def names(facts: list[LineFact]) -> list[int]:
        return [fact.line_id for fact in facts]

    assert names(reading.waiting_lines(at(15), "UTC")) == [told.line("E").pk]
    assert names(reading.closed_lines(START, at(15), "UTC")) == [told.line(name).pk for name in "AC"]
    assert names(reading.closed_lines(at(4), at(14), "UTC")) == [told.line("C").pk]


def test_stock_facts_count_shelves_inbound_and_four_weeks_of_demand(told: World) -> None:
    told("stock TABLE 9")
    AtpRule.objects.update(safety_stock=1)

    facts = covering.facts(zone="UTC")[""]

    # CHAIR: 6 were there and 10 came, 10 left. LAMP: 5 are to come, 4 of them claimed.
    assert (facts.on_hand_qty, facts.allocated_qty, facts.inbound_qty) == (15, 0, 1)
    assert facts.safety_qty == 2
    # The fraud asked for one more, which is no demand.
    assert facts.ordered_28_days_qty == 19


def test_flow_facts_tell_notice_latency_refusal_and_receipts(told: World) -> None:
    told("po PO-8 CHAIR 9 expected 20 Mar")
    Cap.objects.create(name="no chairs late", sku=told.sku("CHAIR"), max_open_units=0)
    with pytest.raises(OrderRefused):
        told.orders("F", ("CHAIR", 9))
    closed = reading.closed_lines(START, at(16), "UTC")

    facts = reading.flow_facts(START, at(16), closed)

    assert facts.notices == [
        NoticeFact(known_at=at(4), told_at=at(4, 10), promised_at=datetime(2026, 3, 13, tzinfo=UTC))
    ]
    assert facts.release_latencies == [timedelta(0)]
    assert facts.refusals == [RefusalFact(name="no chairs late", asked_qty=9, refused_qty=3)]
    assert (facts.received_qty, facts.released_qty, facts.accepted_qty) == (10, 4, 20)


def test_the_report_reckons_from_what_is_stored(told: World) -> None:
    figures = {
        figure.code: figure.value
        for section in reporting.report(start=date(2026, 3, 2), end=date(2026, 3, 9), zone="UTC")
        for figure in section.figures
    }

    assert figures["fill_rate_unit"] == Fraction(8, 19)
    assert figures["backorder_rate_line"] == Fraction(3, 4)
    assert figures["promise_kept_first"] == Fraction(1, 3)
    assert figures["promise_kept_current"] == Fraction(2, 3)
    assert figures["open_value"] == 80
    assert figures["past_due_value"] == 80
    assert figures["revenue_retention"] == Fraction(80, 80 + 60)


def test_days_are_those_of_the_zone(told: World) -> None:
    # At eight in the morning in UTC it is evening in Auckland, still the same day; twelve hours on it is not.
    assert reading.cohort_lines(START, END, "Pacific/Auckland")[1].completed_on == date(2026, 3, 2)
    assert reading.cohort_lines(START, END, "Pacific/Kiritimati")[1].completed_on == date(2026, 3, 2)
    assert reading.cohort_lines(START, END, "America/Los_Angeles")[0].completed_on == date(2026, 3, 14)


def test_an_empty_window_is_refused(told: World) -> None:
    with pytest.raises(InvalidValue):
        reporting.report(start=date(2026, 3, 2), end=date(2026, 3, 2), zone="UTC")
    with pytest.raises(CommandError, match="must end after it starts"):
        call_command("kpis", "--from=2026-03-02", "--to=2026-03-01")


def test_the_command_prints_the_table(told: World) -> None:
    out = StringIO()

    call_command("kpis", "--from=2026-03-02", "--to=2026-03-09", stdout=out)

    assert "Fill rate, units" in out.getvalue()
    assert "8 / 19" in out.getvalue()


def test_the_report_asks_the_same_number_of_questions_for_any_number_of_lines(world: World) -> None:
    world("po PO-1 CHAIR 1000 expected 12 Mar")

    def prepare(rows: int) -> Callable[[], object]:
        for number in range(rows):
            world.orders(f"SO-{rows}-{number}", ("CHAIR", 1))
        return lambda: reporting.report(start=date(2026, 3, 2), end=date(2026, 3, 9), zone="UTC")

    same_queries(prepare)
