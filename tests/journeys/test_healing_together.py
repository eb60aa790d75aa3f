"""Orders that ship complete with two late articles: each question ends when its own delay is over."""

from datetime import date, timedelta

import pytest

from backorders import choosing, replanning, shipped_law
from backorders.models import CancellationPolicy, DelayCase
from oms.kernel import clock
from tests.journeys.law import begins, sweeps, there
from tests.world import World, day


@pytest.fixture
def both_late(world: World) -> World:
    """CHAIR and TABLE of order A, which ships complete, are both eight days late, and silence cancels."""
    CancellationPolicy.objects.create(name="silent", silence_means="cancel", answer_days=5)
    world("""
        po PO-1 CHAIR 4 expected 12 Mar
        po PO-2 TABLE 4 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 2), ("TABLE", 2), ship_policy="complete")
    world.slips("PO-1", to="20 Mar")
    world.slips("PO-2", to="25 Mar")
    world.settle()
    return world


def _heal(world: World, number: str) -> None:
    world.slips(number, to="12 Mar", cause="supplier_early")
    world.settle()


def _open_cases(world: World) -> list[int]:
    return [line for line in (1, 2) if world.open_case("A", line)]


@pytest.mark.parametrize("order", [("PO-1", "PO-2"), ("PO-2", "PO-1")])
def test_both_delays_over_leave_no_question_and_the_order(
    both_late: World, frozen: clock.Journey, order: tuple[str, str]
) -> None:
    world = both_late
    assert _open_cases(world) == [1, 2]

    for number in order:
        _heal(world, number)

    assert _open_cases(world) == []
    assert {world.promised("A", 1), world.promised("A", 2)} == {day("12 Mar")}
    frozen.forward(timedelta(days=6))
    assert choosing.sweep_deadlines() == 0
    assert (world.line("A", 1).open_qty, world.line("A", 2).open_qty) == (2, 2)
    assert world.told("A") == ["confirmation", "delay_notice", "good_news"]
    assert world.books_balance()


@pytest.mark.parametrize(("healed", "line", "other"), [("PO-1", 1, 2), ("PO-2", 2, 1)])
def test_silence_about_the_late_article_does_not_cancel_the_healthy_one(
    both_late: World, frozen: clock.Journey, healed: str, line: int, other: int
) -> None:
    world = both_late

    _heal(world, healed)

    assert _open_cases(world) == [other]
    assert DelayCase.objects.get(order_line=world.line("A", line)).closed_because == "healed"
    frozen.forward(timedelta(days=6))
    assert choosing.sweep_deadlines() == 1
    world.settle()
    assert (world.line("A", line).open_qty, world.line("A", other).open_qty) == (2, 0)
    # Nothing holds the healthy line back any more: it is promised its own day again.
    assert world.promised("A", line) == day("12 Mar")
    assert world.books_balance()


@pytest.mark.parametrize("is_planned", [True, False])
def test_a_deadline_after_the_healing_cancels_nothing(
    both_late: World, frozen: clock.Journey, is_planned: bool
) -> None:
    world = both_late
    frozen.forward(timedelta(days=6))
    for number in ("PO-1", "PO-2"):
        world.slips(number, to="12 Mar", cause="supplier_early")
    if is_planned:
        world.settle()

    # Also where the re-plan is still to come: nobody knows yet whether the question is one.
    assert choosing.sweep_deadlines() == 0

    world.settle()
    assert choosing.sweep_deadlines() == 0
    assert (world.line("A", 1).open_qty, world.line("A", 2).open_qty) == (2, 2)
    assert _open_cases(world) == []


def test_one_late_article_heals_the_line_it_held_back(world: World) -> None:
    world("""
        po PO-1 CHAIR 4 expected 12 Mar
        po PO-2 TABLE 4 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 2), ("TABLE", 2), ship_policy="complete")
    world.slips("PO-1", to="20 Mar")
    world.settle()
    assert (_open_cases(world), world.promised("A", 2)) == ([1], day("20 Mar"))

    _heal(world, "PO-1")

    assert (_open_cases(world), world.promised("A", 1), world.promised("A", 2)) == (
        [],
        day("12 Mar"),
        day("12 Mar"),
    )
    assert world.told("A") == ["confirmation", "delay_notice", "good_news"]
    before = [world.history("A", line) for line in (1, 2)]
    for code in ("CHAIR", "TABLE"):
        replanning.mark(sku_ids=[world.sku(code).pk], cause="replan")
    world.settle()
    assert [world.history("A", line) for line in (1, 2)] == before


def test_an_agreed_wait_for_one_article_keeps_the_other_at_that_day(
    both_late: World, frozen: clock.Journey
) -> None:
    world = both_late
    world.customer_chooses("A", "wait", line=2)

    _heal(world, "PO-1")

    # The table's delay is agreed: the chair is on time by itself and ships with it on that day.
    assert _open_cases(world) == []
    assert {world.promised("A", 1), world.promised("A", 2)} == {day("25 Mar")}
    frozen.forward(timedelta(days=6))
    assert choosing.sweep_deadlines() == 0


def _american(world: World, frozen: clock.Journey) -> None:
    """An American order that ships complete, promised for 1 October; on 25 September the chairs are late."""
    frozen.move_to(there(date(2026, 9, 1)))
    shipped_law.add_missing()
    world("""
        po PO-1 CHAIR 4 expected 1 Oct
        po PO-2 TABLE 4 expected 1 Oct
    """)
    world.orders(
        "A",
        ("CHAIR", 2),
        ("TABLE", 2),
        ship_policy="complete",
        country="US",
        state_code="NY",
        currency="USD",
    )
    world.settle()
    frozen.move_to(there(date(2026, 9, 25)))
    world.slips("PO-1", to="20 Oct")
    world.settle()


def test_where_the_law_ends_late_lines_the_line_held_back_is_asked_about_too(
    world: World, frozen: clock.Journey
) -> None:
    _american(world, frozen)

    assert _open_cases(world) == [1, 2]
    assert sweeps(frozen, begins(date(2026, 10, 2))) == 0
    # Silence to a short first notice is consent: the table waits with the chair, and the law ends neither.
    assert (world.line("A", 1).open_qty, world.line("A", 2).open_qty) == (2, 2)


def test_both_questions_of_such_an_order_end_when_its_late_line_is_on_time_again(
    world: World, frozen: clock.Journey
) -> None:
    _american(world, frozen)

    world.slips("PO-1", to="1 Oct", cause="supplier_early")
    world.settle()

    assert _open_cases(world) == []
    assert {world.promised("A", 1), world.promised("A", 2)} == {day("1 Oct")}
