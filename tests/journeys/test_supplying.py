"""Supply beside purchases: what moves between locations, what we make, what comes back, what is on hold."""

from datetime import timedelta

import pytest

from backorders.models import Promise
from backorders.promising import OrderRefused
from inventory import holding, producing, transferring
from inventory.models import (
    DocumentChange,
    Location,
    Movement,
    ProductionOrder,
    StockHold,
    Supply,
    Transfer,
    TransferLine,
)
from inventory.producing import Yielded
from inventory.transferring import ArrivedLine, UnitsClaimed
from oms.kernel import clock
from oms.orders import returning
from oms.orders.models import Return
from tests.world import ANNA, EVERY_DAY, World, day


@pytest.fixture
def hub(world: World) -> Location:
    """A second place that holds stock and ships nowhere near our customers."""
    return Location.objects.create(code="HUB", work_days=EVERY_DAY, regions=["FAR"], priority=200)


def stocked(world: World, hub: Location, code: str, qty: int) -> None:
    world.warehouse, main = hub, world.warehouse
    world.counts(code, qty)
    world.warehouse = main


def drafted(world: World, hub: Location, qty: int, *, on: str = "20 Mar") -> Transfer:
    return transferring.draft_transfer(
        number=f"TR-{Transfer.objects.count() + 1}",
        from_location_id=hub.pk,
        to_location_id=world.warehouse.pk,
        expected_on=day(on),
        lines=[(world.sku("CHAIR").pk, qty)],
        actor=ANNA,
    )


def dispatched(world: World, hub: Location, qty: int, *, on: str = "20 Mar") -> Transfer:
    transfer = drafted(world, hub, qty, on=on)
    return transferring.dispatch_transfer(transfer_id=transfer.pk, actor=ANNA)


def orders_here(world: World, name: str, qty: int) -> None:
    world.orders(name, ("CHAIR", qty), region="NEAR")


def at_hub(hub: Location) -> tuple[int, int]:
    stock = Supply.objects.get(kind="stock", location=hub)
    return stock.quantity, stock.pegged_qty


def test_a_draft_transfer_promises_nothing_and_moves_nothing(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 10)
    drafted(world, hub, 6)

    with pytest.raises(OrderRefused):
        orders_here(world, "SO-1", 5)

    assert at_hub(hub) == (10, 0)
    assert not Supply.objects.filter(kind="transfer").exists()


def test_a_dispatched_transfer_is_promised_from_and_serves_those_who_wait(
    world: World, hub: Location
) -> None:
    stocked(world, hub, "CHAIR", 10)
    transfer = dispatched(world, hub, 6)
    world.settle()

    orders_here(world, "SO-1", 5)

    assert at_hub(hub) == (4, 0)
    left = Movement.objects.get(kind="transfer")
    assert (left.location, left.qty, left.reference) == (hub, -6, "TR-1")
    assert (world.pegs("SO-1"), world.promised("SO-1")) == ([("TR-1", 5)], day("20 Mar"))

    transferring.arrive_transfer(transfer_id=transfer.pk, actor=ANNA)
    orders_here(world, "SO-2", 1)

    assert (world.pegs("SO-1"), world.pegs("SO-2")) == ([("stock", 5)], [("stock", 1)])
    assert list(TransferLine.objects.values_list("accepted_qty", "held_qty", "missing_qty")) == [(6, 0, 0)]


def test_claimed_stock_is_not_silently_taken_for_a_transfer(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 10)
    world.orders("SO-1", ("CHAIR", 7), region="FAR")
    transfer = drafted(world, hub, 6)

    with pytest.raises(UnitsClaimed) as refused:
        transferring.dispatch_transfer(transfer_id=transfer.pk, actor=ANNA)

    assert (refused.value.code, refused.value.field) == ("units_claimed", "lines[0].qty")
    assert (at_hub(hub), world.pegs("SO-1")) == ((10, 7), [("stock", 7)])
    transfer.refresh_from_db()
    assert (transfer.state, transfer.version) == ("draft", 1)

    transferring.dispatch_transfer(transfer_id=transfer.pk, may_unpeg=True, actor=ANNA)

    assert (at_hub(hub), world.pegs("SO-1"), world.short("SO-1")) == ((4, 4), [("stock", 4)], 3)


def test_a_late_transfer_moves_promises_like_a_late_purchase(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 5)
    transfer = dispatched(world, hub, 5)
    orders_here(world, "SO-1", 5)
    world.settle()

    transferring.move_transfer(
        transfer_id=transfer.pk, expected_on=day("29 Mar"), cause="transport_late", actor=ANNA
    )
    world.settle()

    assert world.history("SO-1") == [(day("20 Mar"), ""), (day("29 Mar"), "transport_late")]
    change = DocumentChange.objects.get(transfer=transfer)
    assert (change.from_on, change.to_on, change.by) == (day("20 Mar"), day("29 Mar"), "user:anna")


def test_what_is_missing_of_a_transfer_is_lost_by_the_worst_ranked(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 8)
    transfer = dispatched(world, hub, 8)
    orders_here(world, "SO-1", 4)
    orders_here(world, "SO-2", 4)

    arrived = ArrivedLine(line_no=1, accepted_qty=5, held_qty=1, hold_clears_on=day("30 Mar"))
    transferring.arrive_transfer(transfer_id=transfer.pk, lines=[arrived], actor=ANNA)

    assert (world.pegs("SO-1"), world.pegs("SO-2")) == ([("stock", 4)], [("stock", 1)])
    assert world.short("SO-2") == 3
    assert list(TransferLine.objects.values_list("accepted_qty", "held_qty", "missing_qty")) == [(5, 1, 2)]
    assert StockHold.objects.get().clears_on == day("30 Mar")


def test_a_transfer_called_back_is_stock_of_its_source_again(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 5)
    transfer = dispatched(world, hub, 5)
    orders_here(world, "SO-1", 5)

    transferring.cancel_transfer(transfer_id=transfer.pk, actor=ANNA)

    assert (at_hub(hub), world.pegs("SO-1"), world.short("SO-1")) == ((5, 0), [], 5)


def made(world: World, qty: int, *, on: str = "20 Mar") -> ProductionOrder:
    return producing.schedule_production(
        number=f"MO-{ProductionOrder.objects.count() + 1}",
        location_id=world.warehouse.pk,
        sku_id=world.sku("CHAIR").pk,
        qty=qty,
        expected_on=day(on),
        actor=ANNA,
    )


def test_production_is_promised_from_slips_and_serves_those_who_wait(world: World) -> None:
    order = made(world, 10)
    world.orders("SO-1", ("CHAIR", 6))
    world.settle()

    producing.change_production(
        production_order_id=order.pk, expected_on=day("25 Mar"), cause="production_late", actor=ANNA
    )
    world.settle()
    assert world.history("SO-1") == [(day("20 Mar"), ""), (day("25 Mar"), "production_late")]

    producing.start_production(production_order_id=order.pk, actor=ANNA)
    producing.finish_production(
        production_order_id=order.pk, yielded=Yielded(accepted_qty=7, rejected_qty=2, held_qty=1), actor=ANNA
    )

    assert world.pegs("SO-1") == [("stock", 6)]
    assert (world.free("CHAIR"), world.on_hand("CHAIR")) == (1, 8)
    order.refresh_from_db()
    assert (order.state, order.accepted_qty, order.rejected_qty, order.held_qty) == ("finished", 7, 2, 1)


def test_a_cut_production_sheds_the_worst_ranked_and_a_cancelled_one_all(world: World) -> None:
    order = made(world, 10)
    world.orders("SO-1", ("CHAIR", 6))
    world.orders("SO-2", ("CHAIR", 4))

    producing.change_production(production_order_id=order.pk, qty=7, cause="production_short", actor=ANNA)
    assert (world.pegs("SO-1"), world.pegs("SO-2")) == ([("MO-1", 6)], [("MO-1", 1)])

    producing.cancel_production(production_order_id=order.pk, actor=ANNA)
    assert (world.short("SO-1"), world.short("SO-2")) == (6, 4)
    qtys = DocumentChange.objects.order_by("pk").values_list("from_qty", "to_qty")
    assert list(qtys) == [(10, 7), (7, 0)]


def test_more_than_was_ordered_must_be_said_to_be_right(world: World) -> None:
    order = made(world, 5)
    more = Yielded(accepted_qty=6)

    with pytest.raises(producing.OverProduction):
        producing.finish_production(production_order_id=order.pk, yielded=more, actor=ANNA)
    assert (world.on_hand("CHAIR"), ProductionOrder.objects.get().state) == (0, "scheduled")

    producing.finish_production(production_order_id=order.pk, yielded=more, may_exceed=True, actor=ANNA)
    assert world.free("CHAIR") == 6


def test_started_production_is_surer_than_a_sent_purchase_of_the_same_day(world: World) -> None:
    world("po PO-1 CHAIR 5 expected 20 Mar")
    Supply.objects.filter(kind="purchase").update(is_confirmed=False)
    order = made(world, 5)
    world.orders("SO-1", ("CHAIR", 1))
    producing.start_production(production_order_id=order.pk, actor=ANNA)
    world.orders("SO-2", ("CHAIR", 1))

    assert (world.pegs("SO-1"), world.pegs("SO-2")) == ([("PO-1", 1)], [("MO-1", 1)])
    basis = Promise.objects.get(order_line=world.line("SO-2")).basis
    assert [step["standing"] for step in basis["supplies"]] == ["started"]


def shipped(world: World, name: str, qty: int) -> None:
    world.counts("CHAIR", qty)
    world.orders(name, ("CHAIR", qty))
    world.settle()
    world.releases()
    world.ships(name)


def announced(world: World, name: str, qty: int) -> Return:
    return returning.announce_return(
        external_id=f"R-{name}",
        source="test",
        order_id=world.line(name).order_id,
        expected_on=day("10 Mar"),
        lines=[(1, qty)],
        actor=ANNA,
    )


def test_a_return_is_promised_from_only_where_the_rule_lets_it_count(
    world: World, frozen: clock.Journey
) -> None:
    world.warehouse.inspection_days = 4
    world.warehouse.save()
    frozen.forward(timedelta(hours=2))
    shipped(world, "SO-1", 3)
    announced(world, "SO-1", 3)

    with pytest.raises(OrderRefused):
        world.orders("SO-2", ("CHAIR", 2))
    world.rule.kinds = ["stock", "return"]
    world.rule.save()
    world.orders("SO-3", ("CHAIR", 2))

    assert (world.pegs("SO-3"), world.promised("SO-3")) == (
        [(world.numbers["SO-1"], 2)],
        day("14 Mar"),
    )

    returning.inspect_return(return_id=Return.objects.get().pk, lines=[(1, 2, 1, None)], actor=ANNA)
    world.settle()
    assert (world.pegs("SO-3"), world.on_hand("CHAIR")) == ([("stock", 2)], 3)


def test_a_hold_counts_only_with_a_day_and_where_the_rule_lets_it(world: World) -> None:
    world("stock CHAIR 9")
    sku, place = world.sku("CHAIR").pk, world.warehouse.pk
    never = holding.place_hold(sku_id=sku, location_id=place, qty=4, cause="damaged", actor=ANNA)
    clears = holding.place_hold(
        sku_id=sku, location_id=place, qty=5, cause="quarantine", clears_on=day("12 Mar"), actor=ANNA
    )
    world.settle()

    with pytest.raises(OrderRefused):
        world.orders("SO-1", ("CHAIR", 1))
    world.rule.kinds = ["stock", "hold"]
    world.rule.save()
    with pytest.raises(OrderRefused):
        world.orders("SO-2", ("CHAIR", 6))
    world.orders("SO-3", ("CHAIR", 5))

    assert (world.promised("SO-3"), never.supply.pegged_qty) == (day("12 Mar"), 0)
    assert Supply.objects.get(pk=clears.supply_id).pegged_qty == 5

    holding.clear_hold(hold_id=clears.pk, good_qty=5, actor=ANNA)
    world.settle()
    assert world.pegs("SO-3") == [("stock", 5)]


def test_nobody_delivers_what_only_an_inactive_supplier_has_on_order(world: World) -> None:
    world("po PO-1 CHAIR 5 expected 20 Mar")
    world.sku("CHAIR").suppliers.all().delete()
    world.supplier.is_active = False
    world.supplier.save()

    with pytest.raises(OrderRefused) as refused:
        world.orders("SO-1", ("CHAIR", 1))

    assert [line["code"] for line in refused.value.details] == ["supplier_inactive"]
