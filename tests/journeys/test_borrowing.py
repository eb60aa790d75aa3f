"""Goods on hand kept for a far-dated line serve an urgent one, if inbound covers it again in time."""

from collections.abc import Callable
from functools import partial

import pytest

from backorders import replanning
from backorders.models import Loan, Peg, Promise, QueuePolicy
from tests.queries import same_queries
from tests.world import World, day

# Today is 2 March; F ships on D+10 with 3 lock days, so it is safe until D+7.
SAFE, TOO_LATE = "8 Mar", "10 Mar"


def _kept_for_f(world: World) -> None:
    world("stock CHAIR 5")
    world.orders("F", ("CHAIR", 5), wanted_on=day("12 Mar"))


def test_an_urgent_order_borrows_what_inbound_covers_again(world: World) -> None:
    _kept_for_f(world)
    world(f"po PO-7 CHAIR 8 expected {SAFE}")

    world.orders("U", ("CHAIR", 5))

    assert world.pegs("U") == [("stock", 5)]
    assert world.pegs("F") == [("PO-7", 5)]
    assert world.promised("U") == day("2 Mar")
    assert world.history("F") == [(day("12 Mar"), "")]
    assert world.backorder("U") is None
    supply = world.promise("U").basis["supplies"][0]
    assert [(row["line"], row["qty"]) for row in supply["borrowed_from"]] == [(world.line("F").pk, 5)]
    loan = Loan.objects.get()
    assert (loan.lender.order_line_id, loan.borrower.order_line_id, loan.qty) == (
        world.line("F").pk,
        world.line("U").pk,
        5,
    )


def test_inbound_too_late_to_cover_lends_nothing(world: World) -> None:
    _kept_for_f(world)
    world(f"po PO-7 CHAIR 8 expected {TOO_LATE}")

    world.orders("U", ("CHAIR", 5))

    assert world.pegs("U") == [("PO-7", 5)]
    assert world.pegs("F") == [("stock", 5)]
    assert world.promised("U") == day("10 Mar")
    assert not Loan.objects.exists()


@pytest.mark.parametrize(("on", "borrows"), [(SAFE, True), (TOO_LATE, False)])
def test_a_re_plan_borrows_for_those_who_wait(world: World, on: str, borrows: bool) -> None:
    world("stock CHAIR 5")
    world("po PO-7 CHAIR 5 expected 20 Mar")
    world.orders("F", ("CHAIR", 5), wanted_on=day("12 Mar"))
    world.orders("U", ("CHAIR", 5))

    world(f"po PO-8 CHAIR 8 expected {on}")
    world.settle()

    assert world.pegs("F") == ([("PO-8", 5)] if borrows else [("stock", 5)])
    assert world.pegs("U")[0] == (("stock", 5) if borrows else ("PO-8", 5))
    assert Loan.objects.exists() == borrows
    assert world.history("F") == [(day("12 Mar"), "")]
    before = _claims()
    replanning.mark(sku_ids=[world.sku("CHAIR").pk], cause="replan")
    world.settle()
    assert _claims() == before


def test_the_inbound_an_urgent_line_gives_up_covers_its_lender(world: World) -> None:
    world("stock CHAIR 5")
    world.orders("F", ("CHAIR", 5), wanted_on=day("12 Mar"))
    QueuePolicy.objects.create(name="no", may_borrow=False)
    world("po PO-8 CHAIR 5 expected 8 Mar")
    world.orders("U", ("CHAIR", 5))
    kept = world.pegs("U")
    QueuePolicy.objects.all().delete()

    replanning.mark(sku_ids=[world.sku("CHAIR").pk], cause="replan")
    world.settle()

    assert kept == [("PO-8", 5)]
    assert (world.pegs("U"), world.pegs("F")) == ([("stock", 5)], [("PO-8", 5)])
    backorder = world.backorder("U")
    assert backorder is not None and backorder.closed_at is not None


def test_inside_its_lock_window_nothing_is_lent(world: World) -> None:
    QueuePolicy.objects.create(name="long lock", lock_days=10)
    _kept_for_f(world)
    world(f"po PO-7 CHAIR 8 expected {SAFE}")

    world.orders("U", ("CHAIR", 5))

    assert world.pegs("F") == [("stock", 5)]


def test_who_may_not_borrow_waits(world: World) -> None:
    QueuePolicy.objects.create(name="no", may_borrow=False)
    _kept_for_f(world)
    world(f"po PO-7 CHAIR 8 expected {SAFE}")

    world.orders("U", ("CHAIR", 5))

    assert (world.pegs("F"), world.pegs("U")) == ([("stock", 5)], [("PO-7", 5)])


def test_what_is_lent_is_never_owed_to_others(world: World) -> None:
    """Of 8 to come 6 are promised: only the 2 left may cover the lender again."""
    _kept_for_f(world)
    world("po PO-7 CHAIR 8 expected 8 Mar")
    QueuePolicy.objects.create(name="no", may_borrow=False)
    world.orders("A", ("CHAIR", 6))
    QueuePolicy.objects.all().delete()

    world.orders("U", ("CHAIR", 2))

    assert world.pegs("A") == [("PO-7", 6)]
    assert world.pegs("U") == [("stock", 2)]
    assert world.pegs("F") == [("stock", 3), ("PO-7", 2)]


def test_a_quote_borrows_without_writing(world: World) -> None:
    from backorders import availability

    _kept_for_f(world)
    world(f"po PO-7 CHAIR 8 expected {SAFE}")

    answer = availability.answers(skus=[world.sku("CHAIR")], qty=5, channel=world.web)[0]

    assert (answer.offer.answer.state, answer.offer.answer.now_qty) == ("in_stock", 5)
    assert world.pegs("F") == [("stock", 5)]


def test_two_lines_of_one_order_do_not_borrow_the_same_goods(world: World) -> None:
    _kept_for_f(world)
    world(f"po PO-7 CHAIR 8 expected {SAFE}")

    world.orders("U", ("CHAIR", 3), ("CHAIR", 4))

    assert world.pegs("U", line=1) == [("stock", 3)]
    assert world.pegs("U", line=2) == [("stock", 2), ("PO-7", 2)]
    assert world.pegs("F") == [("PO-7", 5)]


def test_borrowing_costs_the_same_for_3_and_30_lenders(world: World) -> None:
    names = iter(f"F{number}" for number in range(100))

    def prepare(count: int) -> Callable[[], object]:
        world(f"stock CHAIR {2 * count}")
        for _ in range(count):
            world.orders(next(names), ("CHAIR", 2), wanted_on=day("20 Mar"))
        world(f"po PO-{count} CHAIR {2 * count} expected 8 Mar")
        return partial(world.orders, next(names), ("CHAIR", 2 * count))

    same_queries(prepare)
    assert Loan.objects.count() == 33


def _claims() -> list[tuple[object, ...]]:
    pegs = Peg.objects.order_by("demand", "supply").values_list("demand", "supply", "qty")
    return [*pegs, *Promise.objects.order_by("pk").values_list("pk", "superseded_at")]
