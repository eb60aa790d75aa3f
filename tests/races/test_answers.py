"""Two answers of one customer at the same instant: each is whole, and nothing is done twice."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from backorders import shipped_law, withdrawing
from backorders.models import Choice, Withdrawal
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.models import Cancellation, Return
from tests.portal.test_case_page import replan_without_delivery
from tests.portal.visiting import Guest, order_link
from tests.world import World

pytestmark = [pytest.mark.races]


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Eight chairs, promised for 12 March, now for 30 March; all threads live at the same instant."""
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    shipped_law.add_missing()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 8), country="DE")
    world.slips("PO-7", to="30 Mar")
    replan_without_delivery()
    return world


def _together(*acts: Callable[[], Any]) -> list[Any]:
    barrier, found = Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            found[place] = act()
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_wait_and_cancel_at_once_leave_one_of_them_in_force(asked: World) -> None:
    link = f"{order_link(asked, 'A')}answer/"
    form = Guest().fields(Guest().get(link))

    answers = _together(
        lambda: Guest().sends(link, {**form, "choice": "wait"}),
        lambda: Guest().sends(link, {**form, "choice": "cancel", "confirmed": "yes"}),
    )

    codes = sorted(answer.status_code for answer in answers)
    # Waiting after cancelling is refused; cancelling after waiting is a change of mind.
    assert codes in ([303, 303], [303, 409], [303, 422])
    assert asked.line("A").cancelled_qty == 8
    assert Choice.objects.latest("pk").choice == "cancel"
    assert asked.books_balance()


def test_cancelling_twice_at_once_cancels_once(asked: World) -> None:
    link = f"{order_link(asked, 'A')}cancel/1/"
    form = Guest().fields(Guest().get(link))

    answers = _together(*[lambda: Guest().sends(link, form)] * 4)

    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert [answer.status_code for answer in answers].count(303) == 1
    assert list(Cancellation.objects.values_list("qty", flat=True)) == [8]
    assert asked.books_balance()


def test_a_statement_settled_by_two_workers_is_acted_on_once(asked: World) -> None:
    row = withdrawing.record(
        key="k", given_order=asked.numbers["A"], given_email="a@example.org", actor=job("test")
    )

    _together(*[withdrawing.settle_received] * 3)

    assert Withdrawal.objects.get(pk=row.pk).state == "settled"
    assert (Cancellation.objects.count(), Return.objects.count()) == (1, 0)
    assert asked.told("A").count("withdrawal") == 1
    assert asked.books_balance()
