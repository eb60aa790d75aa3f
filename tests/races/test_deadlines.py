"""Two sweepers at one deadline, and a sweeper against the customer's answer."""

from datetime import date
from functools import partial
from time import sleep
from typing import Any

import pytest

from backorders import choosing, deadlines, making_good
from backorders.models import CancellationPolicy, Choice, Deadline, DelayCase, MakeGood, MakeGoodBudget
from backorders.rules.delays import Standing
from oms.kernel import clock
from oms.kernel.actors import job
from oms.kernel.errors import DomainError
from oms.orders.models import Cancellation, Refund
from tests.journeys.law import begins, ordered, slips
from tests.races.runner import refusals, together
from tests.world import World

pytestmark = pytest.mark.races


@pytest.fixture
def slow_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking at a deadline and acting on it everybody waits a moment."""
    standing = deadlines._standing

    def look_and_wait(row: Deadline) -> Standing | None:
        found = standing(row)
        sleep(0.1)
        return found

    monkeypatch.setattr(deadlines, "_standing", look_and_wait)


def _at_the_end(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1))
    frozen.move_to(begins(date(2026, 10, 2)))


def test_two_sweepers_end_a_line_once(world: World, frozen: clock.Journey, slow_looks: None) -> None:
    _at_the_end(world, frozen)

    results = together([deadlines.sweep] * 4)

    assert sorted(results) == [0, 0, 0, 1]
    assert (Cancellation.objects.count(), Refund.objects.count()) == (1, 1)
    assert Deadline.objects.get(kind="end").closed_because == "cancelled"
    assert not Deadline.objects.exclude(blocked_because="").exists()
    assert world.books_balance()


def test_without_the_lock_both_sweepers_believe_they_end_it(
    world: World, frozen: clock.Journey, slow_looks: None, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """The twin: with the lock off all of them act, and only the line's own quantity stops the others."""
    _at_the_end(world, frozen)
    monkeypatch.setattr(deadlines, "lock_order", lambda order_id: None)

    results = together([deadlines.sweep] * 4)

    refused = [record for record in caplog.records if "stays open" in record.message]
    assert refused or any(isinstance(result, Exception) for result in results)


def test_an_answer_is_before_the_end_or_refused(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1))
    slips(world, frozen, date(2026, 9, 25), "15 Nov")
    case = DelayCase.objects.get()
    frozen.move_to(begins(date(2026, 11, 1)))
    says = partial(choosing.record_choice, case_id=case.pk, choice="wait", actor=job("test"))

    results = together([says, choosing.sweep_deadlines, deadlines.sweep, says])

    assert len(refusals([result for result in results if isinstance(result, DomainError)])) == 2
    assert (Cancellation.objects.count(), world.line("A").open_qty) == (1, 0)
    assert set(Choice.objects.values_list("is_silence", flat=True)) <= {True}
    assert world.books_balance()


def test_a_budget_for_three_makes_three_good(world: World) -> None:
    band = {"days_late": 7, "kind": "credit", "cost": "5.00", "least_value": "0"}
    policy = CancellationPolicy.objects.create(name="kind", make_goods=[band], make_good_budget=15)
    world("po PO-7 CHAIR 20 expected 12 Mar")
    for number in range(8):
        world.orders(f"B{number}", ("CHAIR", 1))
    world.slips("PO-7", to="30 Mar")
    world.plans()
    lines = [world.line(f"B{number}").pk for number in range(8)]

    results = together([partial(making_good.grant, line_id=pk, actor=job("test")) for pk in lines])

    assert refusals(results) == ["budget_spent"] * 5
    assert (MakeGood.objects.count(), int(MakeGoodBudget.objects.get(policy=policy).spent)) == (3, 15)
