"""The history behind buffers: one function for promises and walk-forward, counted in the database."""

from datetime import date, timedelta

import pytest

from backorders.buffers import prepare
from backorders.rules.calibrating import Case, walk_forward
from backorders.rules.lateness import PROMISED, groups_of
from purchasing import reliability
from tests.backorders.test_buffers import TODAY, WORKED, ask, receive
from tests.factories import SkuFactory, SupplierFactory
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
