"""The history behind buffers: one function for promises and walk-forward, counted in the database."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from backorders.buffers import Buffered, Buffers, prepare
from backorders.rules.calibrating import Case, walk_forward
from backorders.rules.lateness import PROMISED, groups_of
from inventory.models import Sku
from purchasing import reliability
from purchasing.models import Supplier
from tests.backorders.test_buffers import TODAY, WORKED, ask, receive
from tests.factories import (
    PurchaseLineFactory,
    PurchaseOrderFactory,
    ReceiptLineFactory,
    SkuFactory,
    SupplierFactory,
)
from tests.queries import queries_of


@pytest.mark.django_db
def test_a_live_promise_and_the_walk_forward_answer_alike() -> None:
    acme, other = SupplierFactory.create(), SupplierFactory.create()
    chair, table = SkuFactory.create(category="seats"), SkuFactory.create(category="seats")
    told = [(acme, chair, WORKED[:5]), (acme, table, [9, 9, 1]), (other, chair, [0] * 9)]
    for supplier, sku, late_days in told:
        receive(supplier, sku, late_days)
    cases = [
        Case(
            ref=number,
            scheduled_on=TODAY - timedelta(days=30),
            days=late,
            recorded_on=TODAY - timedelta(days=9),
            groups=groups_of(supplier=supplier.pk, category=sku.category, sku=sku.pk),
        )
        for number, (supplier, sku, late) in enumerate(
            (supplier, sku, late) for supplier, sku, late_days in told for late in late_days
        )
    ]
    asked = Case(
        ref=99,
        scheduled_on=TODAY,
        days=0,
        recorded_on=TODAY,
        groups=groups_of(supplier=acme.pk, category="seats", sku=chair.pk),
    )

    forecasts = list(walk_forward([*cases, asked], levels=[0.5, 0.8, 0.95], tuning=PROMISED, warm_up=10))

    live = [ask(acme, chair, level=level) for level in ("0.8", "0.95")]
    assert forecasts[-1].case is asked
    assert forecasts[-1].days == (live[0].median_days, *(buffered.level_days for buffered in live))


@pytest.mark.django_db
def test_many_deliveries_alike_are_counted_in_the_database() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    receive(acme, chair, [0] * 30 + [4] * 10)

    (none, four) = sorted(reliability.tallies(since=date(2020, 1, 1)), key=lambda tally: tally.late_days)

    assert (none.late_days, none.deliveries, four.late_days, four.deliveries) == (0, 30, 4, 10)
    assert ask(acme, chair, level="0.8").told()["samples"] == 40


@pytest.mark.django_db
def test_a_prepared_history_is_not_read_again_that_day() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    receive(acme, chair, [1] * 9)
    ask(acme, chair)

    assert queries_of(lambda: prepare(TODAY)) == []
    under_the_lock = queries_of(lambda: ask(acme, chair))
    assert [sql for sql in under_the_lock if "GROUP BY" in sql] == []
    assert len(under_the_lock) == 1


@pytest.mark.django_db
def test_earlier_deliveries_of_the_same_order_outweigh_the_suppliers_history() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    receive(acme, chair, [0] * 20)
    order = PurchaseOrderFactory.create(supplier=acme, state="confirmed")
    line = PurchaseLineFactory.create(purchase_order=order, sku=SkuFactory.create())
    ReceiptLineFactory.create(line=line, late_days=12)

    rest, other = asked_of(acme, chair, order.pk), ask(acme, chair, level="0.6")

    # One delivery of the order decides two thirds: beyond P33 it is believed that the rest is as late.
    assert (rest.median_days, rest.level_days) == (12, 12)
    assert (other.median_days, other.level_days) == (0, 0)
    assert (rest.told()["samples"], rest.told()["group"]) == (1, "same purchase order")


@pytest.mark.django_db
def test_a_supplier_with_many_deliveries_is_known_by_the_newer_ones() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    receive(acme, chair, [20] * 60, on=TODAY - timedelta(days=700))
    receive(acme, chair, [1] * 50)

    # Of the 60 some 5 are left after two years: P90 is what it did of late.
    assert ask(acme, chair, level="0.9").level_days == 1
    assert ask(acme, chair, level="0.95").level_days == 20


@pytest.mark.django_db
def test_of_few_deliveries_the_old_count_like_the_new() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    for number, late in enumerate(WORKED):
        receive(acme, chair, [late], on=TODAY - timedelta(days=70 * (9 - number)))

    assert [ask(acme, chair, level=level).level_days for level in ("0.5", "0.8", "0.9", "0.95")] == [
        2,
        5,
        8,
        14,
    ]


def asked_of(supplier: Supplier, sku: Sku, document_id: int) -> Buffered:
    """The buffers of more to come of a purchase order."""
    return Buffers(TODAY).for_supply(
        supplier_id=supplier.pk,
        sku=sku,
        expected_on=TODAY + timedelta(days=9),
        today=TODAY,
        level=Decimal("0.6"),
        least_days=0,
        document_id=document_id,
    )
