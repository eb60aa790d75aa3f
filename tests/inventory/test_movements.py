"""The ledger: each change of a physical supply leaves a row, or nothing changes at all."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from inventory import movements
from inventory.models import Movement, Supply
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import Conflict
from tests.factories import StockFactory
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
ANNA = user("anna")


def ledger(supply: Supply) -> list[tuple[str, int, str]]:
    rows = Movement.objects.filter(supply=supply).order_by("pk")
    return list(rows.values_list("kind", "qty", "cause"))


def quantities(supply: Supply) -> tuple[int, int]:
    supply.refresh_from_db()
    return supply.quantity, supply.pegged_qty


def test_receiving_raises_stock_and_says_so(frozen: clock.Journey) -> None:
    stock = StockFactory.create(quantity=0)

    row = movements.receive(supply=stock, qty=8, cause="receipt", reference="PO-7", actor=ANNA)

    assert quantities(stock) == (8, 0)
    assert ledger(stock) == [("receive", 8, "receipt")]
    assert (row.sku_id, row.location_id, row.reference) == (stock.sku_id, stock.location_id, "PO-7")
    assert (row.at, row.by) == (frozen.at, "user:anna")


def test_a_movement_happened_when_the_goods_moved(frozen: clock.Journey) -> None:
    stock = StockFactory.create(quantity=0)
    then = frozen.at - timedelta(hours=3)

    row = movements.receive(supply=stock, qty=8, cause="receipt", reference="PO-7", actor=ANNA, at=then)

    assert row.at == then


def test_issuing_takes_goods_and_their_claims() -> None:
    stock = StockFactory.create(quantity=10, pegged_qty=6)
    other = StockFactory.create(quantity=5, pegged_qty=5)

    movements.issue(
        issues=[(stock.pk, 2), (other.pk, 5), (stock.pk, 2)], cause="shipped", reference="SO-1", actor=ANNA
    )

    assert quantities(stock) == (6, 2)
    assert quantities(other) == (0, 0)
    assert ledger(stock) == [("receive", 10, "receipt"), ("issue", -4, "shipped")]


def test_goods_nobody_was_allocated_are_not_issued() -> None:
    stock = StockFactory.create(quantity=10, pegged_qty=6)
    other = StockFactory.create(quantity=5, pegged_qty=5)

    with pytest.raises(Conflict), transaction.atomic():
        movements.issue(issues=[(other.pk, 1), (stock.pk, 7)], cause="shipped", reference="SO-1", actor=ANNA)

    assert quantities(stock) == (10, 6)
    assert quantities(other) == (5, 5)
    assert Movement.objects.count() == 2


def test_issuing_many_costs_two_queries() -> None:
    stocks = [StockFactory.create(quantity=3, pegged_qty=3) for _ in range(20)]

    ran = queries_of(
        lambda: movements.issue(
            issues=[(stock.pk, 1) for stock in stocks], cause="shipped", reference="SO-1", actor=ANNA
        )
    )

    assert len(ran) == 2


def test_a_correction_goes_down_to_what_is_claimed() -> None:
    stock = StockFactory.create(quantity=10, pegged_qty=6)

    movements.adjust(supply_id=stock.pk, qty=-4, cause="count", reference="COUNT-1", actor=ANNA)

    assert quantities(stock) == (6, 6)
    assert stock.last_cause == "count"


def test_a_correction_below_what_is_claimed_is_refused() -> None:
    stock = StockFactory.create(quantity=10, pegged_qty=6)

    with pytest.raises(Conflict):
        movements.adjust(supply_id=stock.pk, qty=-5, cause="count", reference="COUNT-1", actor=ANNA)

    assert quantities(stock) == (10, 6)
    assert ledger(stock) == [("receive", 10, "receipt")]


def test_goods_change_condition_on_both_sides() -> None:
    stock = StockFactory.create(quantity=10)
    hold = StockFactory.create(kind=Supply.Kind.HOLD, sku=stock.sku, location=stock.location, quantity=0)

    movements.change_condition(
        changes=[(stock.pk, -4), (hold.pk, 4)], cause="damaged", reference="hold 1", actor=ANNA, note="wet"
    )

    assert (quantities(stock), quantities(hold)) == ((6, 0), (4, 0))
    assert ledger(hold) == [("hold", 4, "damaged")]
    assert Movement.objects.aggregate(total=Sum("qty"))["total"] == 10


def test_the_ledger_is_never_rewritten() -> None:
    stock = StockFactory.create(quantity=10)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Movement.objects.filter(supply=stock).update(qty=11)

    assert ledger(stock) == [("receive", 10, "receipt")]
