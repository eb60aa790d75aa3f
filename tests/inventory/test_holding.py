"""Quality holds: what may not ship, whose claims go, and what comes back."""

from datetime import date
from typing import Any

import pytest
from django.db.models import Sum

from backorders.models import Peg
from inventory.counting import NotEnoughStock
from inventory.holding import clear_hold, place_hold
from inventory.models import Movement, StockHold, Supply
from inventory.queries import stock_levels
from oms.kernel.actors import user
from oms.kernel.errors import InvalidValue, NotFound
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from tests.factories import DemandFactory, OrderLineFactory, PegFactory, StockFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
ANNA = user("anna")


def hold(stock: Supply, qty: int = 4, **what: Any) -> StockHold:
    what = {"cause": "quarantine", "actor": ANNA, **what}
    return place_hold(sku_id=stock.sku_id, location_id=stock.location_id, qty=qty, **what)


def levels(stock: Supply) -> tuple[int, int, int, int]:
    row: Any = stock_levels(sku_ids=[stock.sku_id]).get()
    return row.on_hand, row.held, row.allocated, row.free


def ledger_agrees() -> bool:
    rows = Supply.objects.annotate(moved=Sum("movements__qty"))
    return all(row.quantity == (row.moved or 0) for row in rows)


def told() -> list[str]:
    return list(EventLog.objects.order_by("pk").values_list("name", flat=True))


def claim(stock: Supply, qty: int = 5) -> Peg:
    line = OrderLineFactory.create(sku=stock.sku, ordered_qty=qty)
    return PegFactory.create(demand=DemandFactory.create(order_line=line), supply=stock, qty=qty)


def test_held_units_are_on_hand_but_not_free() -> None:
    stock = StockFactory.create(quantity=10)

    made = hold(stock, 4, clears_on=date(2026, 3, 9), note="wet boxes")

    assert levels(stock) == (10, 4, 0, 6)
    assert (made.qty, made.clears_on, made.note) == (4, date(2026, 3, 9), "wet boxes")
    assert (made.supply.kind, made.supply.ready_on) == ("hold", date(2026, 3, 9))
    assert told() == ["SupplyCut", "SupplyAdded"]
    assert ledger_agrees()


def test_unclaimed_units_are_held_first() -> None:
    stock = StockFactory.create(quantity=10)
    peg = claim(stock, 6)

    hold(stock, 4)

    assert levels(stock) == (10, 4, 6, 0)
    assert Peg.objects.get(pk=peg.pk).qty == 6


def test_the_worst_ranked_lose_their_claims_to_a_hold() -> None:
    stock = StockFactory.create(quantity=10)
    first, last = claim(stock), claim(stock)

    hold(stock, 7)

    assert levels(stock) == (10, 7, 3, 0)
    assert Peg.objects.get(pk=first.pk).qty == 3
    assert not Peg.objects.filter(pk=last.pk).exists()


def test_more_than_is_there_cannot_be_held() -> None:
    stock = StockFactory.create(quantity=10)

    with pytest.raises(NotEnoughStock) as refused:
        hold(stock, 11)

    assert refused.value.field == "qty"
    assert (levels(stock), StockHold.objects.count(), told()) == ((10, 0, 0, 10), 0, [])


@pytest.mark.parametrize(
    ("what", "field"),
    [({"qty": 0}, "qty"), ({"qty": 10**12}, "qty"), ({"clears_on": date(2026, 3, 1)}, "clears_on")],
)
def test_an_impossible_hold_is_refused_by_field(what: dict[str, Any], field: str) -> None:
    stock = StockFactory.create(quantity=10)

    with pytest.raises(InvalidValue) as refused:
        hold(stock, **what)

    assert (refused.value.field, StockHold.objects.count()) == (field, 0)


def test_cleared_units_are_stock_again() -> None:
    stock = StockFactory.create(quantity=10)
    made = hold(stock, 4)

    cleared = clear_hold(hold_id=made.pk, actor=ANNA)

    assert levels(stock) == (10, 0, 0, 10)
    assert cleared.cleared_by == "user:anna"
    assert told()[2:] == ["HoldCleared"]
    assert ledger_agrees()


def test_bad_units_are_written_off() -> None:
    stock = StockFactory.create(quantity=10)
    made = hold(stock, 4, cause="damaged")

    clear_hold(hold_id=made.pk, good_qty=1, actor=ANNA)

    assert levels(stock) == (7, 0, 0, 7)
    lost = Movement.objects.get(kind="adjust")
    assert (lost.supply_id, lost.qty, lost.cause) == (made.supply_id, -3, "damaged")
    assert told()[2:] == ["SupplyCut", "HoldCleared"]
    assert ledger_agrees()


def test_nothing_may_be_good() -> None:
    stock = StockFactory.create(quantity=10)
    made = hold(stock, 4)

    clear_hold(hold_id=made.pk, good_qty=0, actor=ANNA)

    assert levels(stock) == (6, 0, 0, 6)


def test_claims_on_held_units_go_with_the_good_ones() -> None:
    stock = StockFactory.create(quantity=10)
    made = hold(stock, 4)
    peg = claim(made.supply, 3)

    clear_hold(hold_id=made.pk, good_qty=2, actor=ANNA)

    assert levels(stock) == (8, 0, 2, 6)
    assert list(Peg.objects.filter(demand=peg.demand).values_list("supply_id", "qty")) == [(stock.pk, 2)]
    assert ledger_agrees()


def test_a_hold_is_cleared_once() -> None:
    stock = StockFactory.create(quantity=10)
    made = hold(stock, 4)
    clear_hold(hold_id=made.pk, actor=ANNA)

    with pytest.raises(WrongState):
        clear_hold(hold_id=made.pk, actor=ANNA)

    assert levels(stock) == (10, 0, 0, 10)


@pytest.mark.parametrize("good", [-1, 5])
def test_more_than_was_held_cannot_be_good(good: int) -> None:
    stock = StockFactory.create(quantity=10)
    made = hold(stock, 4)

    with pytest.raises(InvalidValue) as refused:
        clear_hold(hold_id=made.pk, good_qty=good, actor=ANNA)

    made.refresh_from_db()
    assert (refused.value.field, made.cleared_at, levels(stock)) == ("good_qty", None, (10, 4, 0, 6))


def test_an_unknown_hold_is_not_found() -> None:
    with pytest.raises(NotFound):
        clear_hold(hold_id=404, actor=ANNA)
