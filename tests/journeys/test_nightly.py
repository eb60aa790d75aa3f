"""J5: the night finds overdue supply, advises the buyer and audits; the buyer's order covers the queue."""

from datetime import timedelta

from backorders import planning
from oms.kernel import clock
from purchasing import ordering, signalling
from purchasing.models import PurchaseOrder, Signal, SupplierSku
from tests.world import ANNA, World, day


def test_a_purchase_that_did_not_come_is_found_and_told(world: World, frozen: clock.Journey) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.settle()

    frozen.move_to(frozen.at + timedelta(days=11))
    planning.nightly()
    world.settle()

    assert world.history("A") == [(day("12 Mar"), ""), (day("14 Mar"), "supplier_late")]
    assert world.open_case("A") is not None


def test_what_no_purchase_covers_becomes_one_signal_in_packs(world: World) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    sku = world.sku("CHAIR")
    SupplierSku.objects.filter(sku=sku).update(moq=10, pack_qty=6)
    world.orders("A", ("CHAIR", 7))

    planning.nightly()
    planning.nightly()

    signal = Signal.objects.get()
    assert (signal.kind, signal.qty, signal.uncovered_qty, signal.state) == ("order", 12, 7, "open")


def test_an_accepted_signal_is_a_draft_that_covers_the_queue_once_sent(world: World) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    world.sku("CHAIR")
    world.orders("A", ("CHAIR", 7))
    planning.nightly()

    drafts = signalling.accept_signals(signal_ids=[Signal.objects.get().pk], actor=ANNA)
    still_planned = world.pegs("A")

    ordering.send(purchase_order_id=drafts[0].pk, actor=ANNA)
    world.settle()

    assert PurchaseOrder.objects.get().state == "sent"
    assert still_planned == [("planned", 7)]
    assert world.pegs("A") == [(drafts[0].number, 7)]
    assert world.history("A") == [(day("1 Apr"), ""), (day("2 Apr"), "purchase_placed")]


def test_the_night_finds_nothing_wrong_with_balanced_books(world: World) -> None:
    world("""
        stock CHAIR 3
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 8
    """)

    assert planning.nightly() == 0
