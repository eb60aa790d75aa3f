"""Measured lateness in promises: what suppliers really did decides how much later we promise."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from backorders.buffers import GROUPS, Buffered, Buffers
from backorders.rules.lateness import nearest_rank
from inventory.models import Sku
from oms.kernel import clock
from purchasing import containers
from purchasing.models import Supplier
from tests.conftest import FROZEN_AT
from tests.factories import PurchaseLineFactory, ReceiptLineFactory, SkuFactory, SupplierFactory
from tests.queries import queries_of, same_queries
from tests.world import ANNA, World, at, day

WORKED = [-1, 0, 0, 1, 2, 2, 3, 5, 8, 14]
TODAY = FROZEN_AT.date()


@pytest.fixture
def history(world: World, frozen: clock.Journey) -> Callable[[str, list[int]], None]:
    """Purchases of January that came so many days late, through the real commands."""

    def tell(code: str, late_days: list[int]) -> None:
        for number, late in enumerate(late_days):
            frozen.move_to(at("5 Jan"))
            world(f"po H-{code}-{number} {code} 1 expected 20 Jan")
            frozen.move_to(at("20 Jan") + timedelta(days=late))
            world.receives(f"H-{code}-{number}", 1)
            world.counts(code, -1)
        frozen.move_to(FROZEN_AT)
        world.plans()

    return tell


def promise_at(world: World, level: str, least_days: int = 0) -> None:
    world.rule.service_level = Decimal(level)
    world.rule.least_buffer_days = least_days
    world.rule.save()


def test_the_worked_example_is_promised_five_days_after_the_expected_one(
    world: World, history: Callable[[str, list[int]], None]
) -> None:
    promise_at(world, "0.8")
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 10 Apr")

    world.orders("SO-1", ("CHAIR", 4))

    promise = world.promise("SO-1")
    assert (promise.ships_earliest, promise.ships_latest) == (day("12 Apr"), day("15 Apr"))
    assert promise.basis["supplies"][0]["buffer"] == {
        "median_days": 2,
        "level_days": 5,
        "basis": "measured",
        "samples": 10,
        "group": "supplier × SKU",
        "level": 0.8,
    }


@pytest.mark.parametrize(("level", "latest"), [("0.5", "12 Apr"), ("0.9", "18 Apr"), ("0.95", "24 Apr")])
def test_the_service_level_of_the_rule_chooses_the_quantile(
    world: World, history: Callable[[str, list[int]], None], level: str, latest: str
) -> None:
    promise_at(world, level)
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 10 Apr")

    world.orders("SO-1", ("CHAIR", 4))

    assert world.promised("SO-1") == day(latest)


def test_the_rules_least_buffer_is_a_floor(world: World, history: Callable[[str, list[int]], None]) -> None:
    promise_at(world, "0.8", least_days=7)
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 10 Apr")

    world.orders("SO-1", ("CHAIR", 4))

    promise = world.promise("SO-1")
    assert (promise.ships_earliest, promise.ships_latest) == (day("12 Apr"), day("17 Apr"))


def test_without_any_history_the_least_buffer_is_promised(world: World) -> None:
    promise_at(world, "0.8", least_days=3)
    world("po PO-7 CHAIR 10 expected 10 Apr")

    world.orders("SO-1", ("CHAIR", 4))

    promise = world.promise("SO-1")
    assert promise.ships_latest == day("13 Apr")
    assert promise.basis["supplies"][0]["buffer"] == {"median_days": 0, "level_days": 3, "basis": "fixed"}


def test_a_slip_is_re_promised_with_the_measured_buffer(
    world: World, history: Callable[[str, list[int]], None]
) -> None:
    promise_at(world, "0.8")
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 10 Apr")
    world.orders("SO-1", ("CHAIR", 4))

    world.slips("PO-7", to="15 Apr")
    world.settle()
    held = world.history("SO-1")
    world.slips("PO-7", to="16 Apr")
    world.settle()

    # The first slip uses the buffer up, which it is there for; the second breaks the promise.
    assert held == [(day("15 Apr"), "")]
    assert world.history("SO-1") == [(day("15 Apr"), ""), (day("21 Apr"), "supplier_late")]
    assert world.promise("SO-1").basis["supplies"][0]["buffer"]["samples"] == 10


def test_goods_already_late_are_compared_with_later_ones_only(
    world: World, frozen: clock.Journey, history: Callable[[str, list[int]], None]
) -> None:
    promise_at(world, "0.8")
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 10 Apr")
    frozen.move_to(at("13 Apr"))

    world.orders("SO-1", ("CHAIR", 4))

    # Three days late: of 5, 8 and 14 days the median is 8, and P80 is 14.
    promise = world.promise("SO-1")
    assert (promise.ships_earliest, promise.ships_latest) == (day("18 Apr"), day("24 Apr"))
    assert promise.basis["supplies"][0]["buffer"] == {
        "median_days": 8,
        "level_days": 14,
        "basis": "measured",
        "samples": 3,
        "group": "supplier × SKU",
        "level": 0.8,
        "late_by": 3,
    }


def test_goods_later_than_any_before_are_believed_to_come_tomorrow(
    world: World, frozen: clock.Journey, history: Callable[[str, list[int]], None]
) -> None:
    promise_at(world, "0.8", least_days=2)
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 10 Apr")
    frozen.move_to(at("24 Apr"))

    world.orders("SO-1", ("CHAIR", 4))

    assert world.promised("SO-1") == day("27 Apr")
    assert world.promise("SO-1").basis["supplies"][0]["buffer"]["basis"] == "fixed"


def test_a_receipt_teaches_the_next_order(
    world: World, frozen: clock.Journey, history: Callable[[str, list[int]], None]
) -> None:
    promise_at(world, "0.9")
    history("CHAIR", [0] * 9)
    world("""
        po PO-6 CHAIR 1 expected 3 Mar
        po PO-7 CHAIR 10 expected 10 Apr
    """)
    world.orders("BEFORE", ("CHAIR", 3))
    frozen.move_to(at("9 Mar"))
    world.receives("PO-6", 1)
    world.plans()

    world.orders("AFTER", ("CHAIR", 3))
    promise_at(world, "0.95")
    world.orders("SURER", ("CHAIR", 3))

    assert world.promised("BEFORE") == day("10 Apr")
    assert [world.promised("AFTER"), world.promised("SURER")] == [day("10 Apr"), day("16 Apr")]


def test_goods_in_a_container_have_the_history_of_their_supplier(
    world: World, history: Callable[[str, list[int]], None]
) -> None:
    promise_at(world, "0.8")
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 1 Apr")
    containers.open_container(
        number="C-1",
        expected_on=day("10 Apr"),
        lines=[(world.po_line("PO-7").pk, 10)],
        actor=ANNA,
    )
    world.plans()

    world.orders("SO-1", ("CHAIR", 4))

    assert world.promised("SO-1") == day("15 Apr")


# --- which history speaks -------------------------------------------------------------------------


def receive(supplier: Supplier, sku: Sku, late_days: list[int], on: date = TODAY) -> None:
    came = datetime(on.year, on.month, on.day, tzinfo=UTC)
    line = PurchaseLineFactory.create(purchase_order__supplier=supplier, sku=sku)
    for days in late_days:
        ReceiptLineFactory.create(line=line, late_days=days, receipt__received_at=came, receipt__at=came)


def ask(supplier: Supplier, sku: Sku, buffers: Buffers | None = None, level: str = "0.9") -> Buffered:
    return (buffers or Buffers(TODAY)).for_supply(
        supplier_id=supplier.pk,
        sku=sku,
        expected_on=TODAY + timedelta(days=9),
        today=TODAY,
        level=Decimal(level),
        least_days=0,
    )


@pytest.mark.django_db
def test_the_narrowest_history_with_enough_deliveries_speaks_alone() -> None:
    acme, other = SupplierFactory.create(), SupplierFactory.create()
    chair, stool = SkuFactory.create(category="seats"), SkuFactory.create(category="seats")
    desk, lamp = SkuFactory.create(category="desks"), SkuFactory.create(category="lamps")
    receive(acme, chair, [1] * 8)
    receive(acme, stool, [3] * 8)
    receive(acme, desk, [5] * 20)
    receive(other, chair, [9] * 40)

    asked = [ask(acme, chair), ask(acme, SkuFactory.create(category="seats")), ask(acme, lamp)]
    unknown = ask(SupplierFactory.create(), chair)

    found = [(GROUPS[row.estimate.depth], row.level_days) for row in asked if row.estimate]
    assert found == [
        ("supplier × SKU", 1),
        ("supplier × category", 3),
        ("supplier", 5),
    ]
    assert (unknown.level_days, unknown.is_measured) == (0, False)


@pytest.mark.django_db
def test_few_deliveries_shade_the_wider_history_and_do_not_replace_it() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create(category="seats")
    receive(acme, SkuFactory.create(category="seats"), [0] * 20)
    receive(acme, chair, [10, 10])

    # Two of seven parts speak for 10 days: beyond P71 it is theirs.
    assert [ask(acme, chair, level="0.6").level_days, ask(acme, chair, level="0.8").level_days] == [0, 10]
    assert ask(acme, chair).told()["samples"] == 2


@pytest.mark.django_db
def test_deliveries_of_long_ago_say_nothing() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    receive(acme, chair, [30] * 9, on=TODAY - timedelta(days=731))
    receive(acme, chair, [2] * 9, on=TODAY - timedelta(days=730))

    assert ask(acme, chair).told()["samples"] == 9
    assert ask(acme, chair).level_days == nearest_rank([2] * 9, 0.9)


@pytest.mark.django_db
def test_goods_that_nobody_sells_us_have_a_fixed_buffer() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    receive(acme, chair, WORKED)
    soon = TODAY + timedelta(days=9)

    def days(supplier_id: int | None, expected_on: date | None, level: Decimal | None) -> tuple[int, bool]:
        told = Buffers(TODAY).for_supply(
            supplier_id=supplier_id,
            sku=chair,
            expected_on=expected_on,
            today=TODAY,
            level=level,
            least_days=4,
        )
        return told.level_days, told.is_measured

    assert days(None, soon, Decimal("0.9")) == (4, False)
    assert days(acme.pk, soon, None) == (4, False)
    assert days(acme.pk, None, Decimal("0.9")) == (0, False)
    assert days(acme.pk, soon, Decimal("0.9")) == (8, True)


def test_an_order_and_a_re_plan_read_the_history_before_they_lock(
    world: World, frozen: clock.Journey, history: Callable[[str, list[int]], None]
) -> None:
    history("CHAIR", WORKED)
    world("po PO-7 CHAIR 10 expected 10 Apr")
    frozen.forward(timedelta(days=1))

    made = queries_of(lambda: world.orders("SO-1", ("CHAIR", 4)))

    read = next(place for place, sql in enumerate(made) if "late_days" in sql and "GROUP BY" in sql)
    locked = next(place for place, sql in enumerate(made) if "FOR UPDATE" in sql or "FOR NO KEY" in sql)
    assert read < locked


# --- kept in memory -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_was_rolled_back_is_forgotten() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()
    receive(acme, chair, [0] * 9)
    with transaction.atomic():
        receive(acme, chair, [50] * 9)
        within = ask(acme, chair).level_days
        transaction.set_rollback(True)

    after = ask(acme, chair)

    assert (within, after.level_days, after.told()["samples"]) == (50, 0, 9)


@pytest.mark.django_db
def test_one_decision_looks_at_the_history_once_and_stays_with_it() -> None:
    acme, chair, table = SupplierFactory.create(), SkuFactory.create(), SkuFactory.create()
    receive(acme, chair, [0] * 9)
    buffers = Buffers(TODAY)

    assert len(queries_of(lambda: [ask(acme, chair, buffers), ask(acme, table, buffers)])) <= 2
    assert queries_of(lambda: [ask(acme, chair, buffers, level="0.8"), ask(acme, table, buffers)]) == []


@pytest.mark.django_db
def test_a_known_history_costs_one_query_however_long_it_is() -> None:
    acme, chair = SupplierFactory.create(), SkuFactory.create()

    def prepare(receipts: int) -> Callable[[], object]:
        receive(acme, chair, [1] * receipts)
        ask(acme, chair)
        return lambda: ask(acme, chair)

    assert same_queries(prepare) == 1


def test_an_order_of_many_lines_looks_at_the_history_once(
    world: World, history: Callable[[str, list[int]], None]
) -> None:
    history("SKU0", WORKED)
    for number in range(30):
        world(f"po PO-{number} SKU{number} 99 expected 10 Apr")

    def place(lines: int) -> list[str]:
        made = queries_of(lambda: world.orders(f"O-{lines}", *((f"SKU{n}", 1) for n in range(lines))))
        return [sql for sql in made if "purchasing_receiptline" in sql and "late_days" in sql]

    place(1)

    assert [len(place(3)), len(place(30))] == [1, 1]
