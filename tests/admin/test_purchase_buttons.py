"""Buttons of purchasing: draft, send, slip with a preview, receive, containers, signals."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db.models import Model

from backorders import planning
from inventory.models import StockHold
from oms.groups import BUYER, WAREHOUSE
from purchasing.models import DateChange, InboundShipment, PurchaseLine, PurchaseOrder, Receipt, Signal
from tests.admin.conftest import Desk, Hire, refusal
from tests.factories import SignalFactory, SupplierSkuFactory
from tests.world import World, day

Nobody = Callable[[Model, str], None]


@pytest.fixture
def purchase(world: World) -> PurchaseLine:
    """Ten chairs for 12 May, eight of them promised."""
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    return world.po_line("PO-7")


CHANGE: dict[str, object] = {
    "expected_on": "2026-05-30",
    "confirmed_on": "",
    "qty": 10,
    "cause": "supplier_late",
    "note": "called",
}


def test_a_slip_is_looked_at_before_it_is_done(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    response = desk.presses(purchase, "change", **CHANGE)

    seen = response.context["preview"].context["slip"]  # type: ignore[attr-defined]
    assert [(row.line, row.days, row.value) for row in seen.rows] == [(world.line("SO-1"), 18, 160)]
    assert "1 customer line would be late: 8 units worth 160.00" in response.content.decode()
    assert world.po_line("PO-7").expected_on == day("12 May")
    assert not DateChange.objects.filter(field="expected", from_on=day("12 May")).exists()


def test_a_slip_once_confirmed_moves_the_promise(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    was = world.promised("SO-1")

    response = desk.confirms(purchase, "change", **CHANGE)
    world.settle()

    assert response.status_code == 302
    change = DateChange.objects.get(to_on=day("30 May"))
    assert (change.from_on, change.cause, change.note, change.by) == (
        *(day("12 May"), "supplier_late", "called", "user:anna"),
    )
    assert (was, world.promised("SO-1")) == (day("12 May"), day("30 May"))


def test_other_figures_than_those_seen_are_shown_first(
    world: World, purchase: PurchaseLine, desk: Desk
) -> None:
    seen: Any = desk.presses(purchase, "change", **CHANGE)
    worse = {**CHANGE, "expected_on": "2026-06-30", "_confirmed": seen.context["fingerprint"]}

    response: Any = desk.presses(purchase, "change", **worse)

    assert response.context["preview"].context["slip"].rows[0].days == 49
    assert world.po_line("PO-7").expected_on == day("12 May")


def test_a_slip_nobody_feels_says_so(purchase: PurchaseLine, desk: Desk) -> None:
    response = desk.presses(purchase, "change", **{**CHANGE, "expected_on": "2026-05-12", "qty": 9})

    assert "Nobody would be late." in response.content.decode()


def test_a_cut_shows_whom_it_hits(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    response = desk.presses(purchase, "change", **{**CHANGE, "expected_on": "2026-05-12", "qty": 4})

    seen = response.context["preview"].context["slip"]  # type: ignore[attr-defined]
    assert [(row.line, row.new_latest) for row in seen.rows] == [(world.line("SO-1"), None)]


def test_a_day_in_the_past_is_refused_on_its_field(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    response = desk.confirms(purchase, "change", **{**CHANGE, "expected_on": "2026-02-01"})

    assert list(response.context["form"].errors) == ["expected_on"]  # type: ignore[attr-defined]
    assert world.po_line("PO-7").expected_on == day("12 May")


def test_saving_the_same_again_changes_nothing(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    version = purchase.purchase_order.version

    desk.confirms(purchase, "change", **{**CHANGE, "expected_on": "2026-05-12"})

    assert PurchaseOrder.objects.get().version == version


def test_the_rest_of_a_line_is_given_up(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    desk.confirms(purchase, "give-up", cause="supplier_cancelled", note="")

    assert world.short("SO-1") == 8
    assert world.po_line("PO-7").open_qty == 0


def test_a_purchase_is_drafted_sent_and_confirmed(world: World, desk: Desk) -> None:
    world.sku("CHAIR"), world.sku("TABLE")

    response = desk.presses_in_list(
        PurchaseOrder,
        "draft",
        number="PO-900",
        supplier=world.supplier.pk,
        location=world.warehouse.pk,
        expected_on="2026-05-12",
        lines="CHAIR 20\nTABLE\t5\t2026-06-01\n",
    )
    order = PurchaseOrder.objects.get(number="PO-900")
    desk.presses(order, "send")
    desk.presses(order, "confirm")

    assert response["Location"].endswith(f"/{order.pk}/change/")
    assert list(order.lines.values_list("sku__code", "ordered_qty", "expected_on", "confirmed_on")) == [
        ("CHAIR", 20, date(2026, 5, 12), date(2026, 5, 12)),
        ("TABLE", 5, date(2026, 6, 1), date(2026, 6, 1)),
    ]
    assert desk.offers(order) == ["receive", "add-line", "close", "cancel"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("CHAIR 20\nCHIAR 5", "There is no SKU CHIAR."),
        ("CHAIR many", "Line 1: write SKU, whole quantity"),
        ("CHAIR 5\nCHAIR 0", "Line 2: A quantity is a whole number from 1"),
        ("CHAIR 1.5", "Line 1: write SKU, whole quantity"),
        ("CHAIR 1000000000000", "Line 1: A quantity is a whole number from 1 to 10000000"),
        ("CHAIR 5 2020-01-01", "past"),
    ],
)
def test_a_draft_that_cannot_be_says_why(world: World, desk: Desk, lines: str, words: str) -> None:
    world.sku("CHAIR")

    response = desk.presses_in_list(
        PurchaseOrder,
        "draft",
        number="PO-900",
        supplier=world.supplier.pk,
        location=world.warehouse.pk,
        expected_on="2026-05-12",
        lines=lines,
    )

    assert list(response.context["form"].errors) == ["lines"]  # type: ignore[attr-defined]
    assert words.lower() in refusal(response).lower()
    assert not PurchaseOrder.objects.exists()


def test_a_line_is_added_to_an_order_that_is_sent(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    world.sku("TABLE")
    order = purchase.purchase_order

    unknown = desk.presses(order, "add-line", sku="TABEL", qty=4, expected_on="2026-06-01")
    desk.presses(order, "add-line", sku="TABLE", qty=4, expected_on="2026-06-01")

    assert refusal(unknown) == "There is no SKU TABEL."
    line = world.po_line("PO-7", 2)
    assert line.supply is not None
    assert (line.sku.code, line.ordered_qty, line.supply.quantity) == ("TABLE", 4, 4)


def test_a_purchase_is_closed_and_its_claims_fall_short(
    world: World, purchase: PurchaseLine, desk: Desk
) -> None:
    desk.presses(purchase.purchase_order, "close", cause="supplier_short")

    assert PurchaseOrder.objects.get().state in ("closed", "cancelled")
    assert world.short("SO-1") == 8


def _received(line: PurchaseLine, **came: object) -> dict[str, object]:
    return {f"{name}_{line.pk}": value for name, value in came.items()} | {"once": "admin-1"}


def test_goods_are_received_and_go_to_those_who_wait(
    world: World, purchase: PurchaseLine, desk: Desk
) -> None:
    desk.presses(
        purchase.purchase_order, "receive", **_received(purchase, received_qty=10, rejected_qty=1, held_qty=1)
    )

    assert world.pegs("SO-1") == [("stock", 8)]
    assert StockHold.objects.get().qty == 1
    assert Receipt.objects.get().by == "user:anna"


def test_the_same_receipt_sent_twice_is_booked_once(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    for _ in range(2):
        desk.presses(purchase.purchase_order, "receive", **_received(purchase, received_qty=4))

    assert Receipt.objects.count() == 1
    assert world.on_hand("CHAIR") == 4


def test_more_than_was_ordered_needs_a_tick(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    order = purchase.purchase_order
    refused = desk.presses(order, "receive", **_received(purchase, received_qty=12))
    before = world.on_hand("CHAIR")
    desk.presses(order, "receive", **_received(purchase, received_qty=12), may_exceed="on")

    assert list(refused.context["form"].errors) == [f"received_qty_{purchase.pk}"]  # type: ignore[attr-defined]
    assert (before, world.on_hand("CHAIR")) == (0, 12)


def test_an_empty_receipt_is_refused(purchase: PurchaseLine, desk: Desk) -> None:
    response = desk.presses(purchase.purchase_order, "receive", once="admin-1")

    assert refusal(response) == "Say of at least one line how many units came."
    assert not Receipt.objects.exists()


def test_units_go_into_a_container_and_move_with_it(world: World, purchase: PurchaseLine, desk: Desk) -> None:
    desk.presses_in_list(
        InboundShipment, "fill", number="MSKU-1", expected_on="2026-05-20", lines="PO-7/1 10", cause="other"
    )
    container = InboundShipment.objects.get()
    world.settle()
    seen: Any = desk.presses(container, "move", expected_on="2026-06-02", cause="customs", note="")
    world.settle()
    rows = seen.context["preview"].context["slip"].rows
    assert [(row.line, row.days) for row in rows] == [(world.line("SO-1"), 13)]
    assert world.promised("SO-1") == day("20 May")

    desk.confirms(container, "move", expected_on="2026-06-02", cause="customs", note="")
    world.settle()

    assert world.promised("SO-1") == day("2 Jun")
    assert InboundShipment.objects.get().expected_on == day("2 Jun")


@pytest.mark.parametrize(
    ("lines", "words"),
    [("PO-8/1 10", "there is no purchase line PO-8/1"), ("PO-7 10", "write purchase order/line")],
)
def test_a_container_of_unknown_lines_is_refused(
    purchase: PurchaseLine, desk: Desk, lines: str, words: str
) -> None:
    response = desk.presses_in_list(
        InboundShipment, "fill", number="MSKU-1", expected_on="2026-05-20", lines=lines, cause="other"
    )

    assert words in refusal(response)
    assert not InboundShipment.objects.exists()


def _signals(world: World) -> list[Signal]:
    other = SupplierSkuFactory.create()
    rows = [
        SignalFactory.create(sku=world.sku("CHAIR"), supplier=world.supplier, kind="order", qty=20),
        SignalFactory.create(sku=world.sku("TABLE"), supplier=world.supplier, kind="order", qty=5),
        SignalFactory.create(sku=other.sku, supplier=other.supplier, kind="order", qty=7),
    ]
    return rows


def test_a_signal_says_why_and_whom_it_would_serve(world: World, desk: Desk) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    order = world.orders("A", ("CHAIR", 7))
    planning.nightly()
    address = f"/admin/purchasing/signal/{Signal.objects.get().pk}/change/"

    own = desk.client.get(address)
    asked = desk.client.get(address, {"qty": "3", "on": "2026-03-09"})
    odd = desk.client.get(address, {"qty": "many", "on": "soon"})

    assert b"7 units ordered by customers are not allocated on hand." in own.content
    assert (own.context["would"].qty, own.context["would"].claimed_qty) == (7, 7)
    assert [row["line"] for row in asked.context["would_rows"]] == [order.lines.get()]
    assert (asked.context["would"].qty, asked.context["would"].expected_on) == (3, date(2026, 3, 9))
    assert odd.context["would"].qty == 7
    assert PurchaseOrder.objects.count() == 0


def test_ticked_signals_become_one_draft_per_supplier(world: World, desk: Desk) -> None:
    ticked = [signal.pk for signal in _signals(world)]

    desk.client.post("/admin/purchasing/signal/", {"action": "accept_all", "_selected_action": ticked})

    drafts = PurchaseOrder.objects.filter(state="draft").order_by("pk")
    assert [order.lines.count() for order in drafts] == [2, 1]
    assert not Signal.objects.filter(state="open").exists()


def test_a_signal_is_dismissed_with_a_word(world: World, desk: Desk) -> None:
    signal = _signals(world)[0]

    desk.presses(signal, "dismiss", note="season is over")

    signal.refresh_from_db()
    assert (signal.state, signal.note, signal.closed_by) == ("dismissed", "season is over", "user:anna")
    assert desk.offers(signal) == []


def test_a_buyer_has_no_receiving_and_a_warehouse_no_ordering(purchase: PurchaseLine, hire: Hire) -> None:
    order = purchase.purchase_order

    assert hire(BUYER).offers(order) == ["add-line", "close", "cancel"]
    assert hire(WAREHOUSE).offers(order) == ["receive"]


@pytest.mark.parametrize("slug", ["receive", "close", "cancel"])
def test_who_may_only_look_sees_no_purchase_button(slug: str, purchase: PurchaseLine, nobody: Nobody) -> None:
    nobody(purchase.purchase_order, slug)

    assert PurchaseOrder.objects.get().state == "confirmed"


def test_who_may_only_look_cannot_slip_a_line(world: World, purchase: PurchaseLine, nobody: Nobody) -> None:
    nobody(purchase, "change")

    assert world.po_line("PO-7").expected_on == day("12 May")


def test_who_may_only_look_cannot_accept_signals_in_bulk(world: World, hire: Hire) -> None:
    ticked = [signal.pk for signal in _signals(world)]

    hire("read-only").client.post(
        "/admin/purchasing/signal/", {"action": "accept_all", "_selected_action": ticked}
    )

    assert not PurchaseOrder.objects.exists()
