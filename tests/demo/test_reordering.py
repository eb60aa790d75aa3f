"""The reorder rule of the replay, by hand-made days."""

import pytest

from oms.demo.reordering import Shelf


def test_nothing_is_bought_while_enough_is_there_or_coming() -> None:
    shelf = Shelf(lead_days=10, position=171, daily=10.0)

    assert shelf.order_qty() == 0


def test_at_the_trigger_it_buys_up_to_the_next_review() -> None:
    # 10 a day over 10 days of lead and 7 of safety is 170; 28 more days of review make 450.
    shelf = Shelf(lead_days=10, position=170, daily=10.0)

    assert shelf.order_qty() == 280


@pytest.mark.parametrize(("moq", "pack", "qty"), [(1, 1, 280), (1, 48, 288), (500, 1, 500), (500, 48, 528)])
def test_moq_and_packs_round_up(moq: int, pack: int, qty: int) -> None:
    shelf = Shelf(lead_days=10, moq=moq, pack_qty=pack, position=170, daily=10.0)

    assert shelf.order_qty() == qty


def test_units_owed_are_bought_even_without_a_history() -> None:
    shelf = Shelf(lead_days=10, position=-7)

    assert shelf.order_qty() == 7


def test_a_shelf_nobody_asks_for_is_left_alone() -> None:
    assert Shelf(lead_days=10, position=0).order_qty() == 0


def test_the_mean_starts_with_twice_the_weight_and_forgets_slowly() -> None:
    shelf = Shelf(lead_days=10, position=100)
    shelf.sell(20)

    shelf.end_day()
    assert (shelf.daily, shelf.position) == (4.0, 80)
    shelf.end_day()
    assert shelf.daily == pytest.approx(3.6)


def test_what_is_cancelled_or_found_needs_no_buying() -> None:
    shelf = Shelf(lead_days=10)
    shelf.sell(5)
    shelf.give_back(5)

    assert shelf.position == 0
