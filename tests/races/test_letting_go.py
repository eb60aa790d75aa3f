"""Withdrawals and cancellations against the warehouse: goods leave or they are cancelled, never both."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from backorders import releasing, shipped_law, withdrawing
from backorders.models import Withdrawal
from oms.kernel.actors import job
from oms.orders import lifecycle, shipping
from oms.orders.models import Cancellation, OrderLine, PickLine, Shipment
from tests.races.runner import refusals, together
from tests.world import ANNA, World

pytestmark = pytest.mark.races


@pytest.fixture
def ready(world: World) -> World:
    """A consumer in Germany ordered eight chairs that are on the shelf."""
    shipped_law.add_missing()
    world.counts("CHAIR", 8)
    world.orders("A", ("CHAIR", 8), country="DE")
    return world


def _statement(world: World) -> Callable[[], Any]:
    row = withdrawing.record(
        key="k", given_order=world.numbers["A"], given_email="a@example.org", actor=job("test")
    )
    return partial(withdrawing.settle, withdrawal_id=row.pk)


@pytest.mark.parametrize("round_", range(3))
def test_a_withdrawal_against_the_release_leaves_nothing_in_between(ready: World, round_: int) -> None:
    together([_statement(ready), partial(releasing.release_ready, sku_ids=[ready.sku("CHAIR").pk])])

    row, line = Withdrawal.objects.get(), ready.line("A")
    picked = sum(PickLine.objects.values_list("qty", flat=True))
    became = {(part["became"], part["qty"]) for part in row.outcome}
    if row.state == "settled":
        assert (became, line.cancelled_qty, picked) == ({("cancelled", 8)}, 8, 0)
    else:
        assert (row.state, became, line.cancelled_qty, picked) == ("waiting", {("at_warehouse", 8)}, 0, 8)
    assert ready.books_balance()


def test_a_scan_against_giving_back_and_cancelling_is_one_of_them(ready: World) -> None:
    ready.plans()
    ready.releases()
    [pick] = ready.picks("A")
    line = OrderLine.objects.get()

    def let_go() -> Cancellation:
        shipping.give_back_pick(pick_id=pick.pk, cause="customer_request", actor=ANNA)
        return lifecycle.cancel_qty(line_id=line.pk, cause="customer_request", actor=ANNA)

    results = together([let_go, partial(ready.ships, "A"), let_go])

    line.refresh_from_db()
    assert sorted([line.shipped_qty, line.cancelled_qty, line.open_qty]) == [0, 0, 8]
    assert (Shipment.objects.count(), Cancellation.objects.count()) in ((1, 0), (0, 1))
    assert len(refusals(results)) >= 1
    assert ready.books_balance()


def test_two_statements_at_once_withdraw_from_each_unit_once(ready: World) -> None:
    say = partial(withdrawing.record_for, order_id=ready.line("A").order_id, actor=ANNA)

    results = together([partial(say, key=f"k{number}", wanted={1: 5}) for number in range(4)])
    assert refusals(results) == []

    assert sorted(Cancellation.objects.values_list("qty", flat=True)) == [3, 5]
    assert Withdrawal.objects.filter(state="settled").count() == 4
    assert ready.books_balance()
