"""The margin guard and the printed record."""

from decimal import Decimal
from typing import Any

from django.urls import reverse

from backorders import releasing
from backorders.models import CancellationPolicy, MakeGood, NeverCancel
from oms.groups import BUYER, SERVICE
from oms.orders.models import PickLine
from tests.admin.conftest import Desk, Hire
from tests.world import World

BAND = {"days_late": 14, "kind": "credit", "cost": "5.00", "least_value": "0"}
GUARD = "admin:backorders_makegood_guard"


def _slipped(world: World, budget: int) -> None:
    CancellationPolicy.objects.create(name="kind", make_goods=[BAND], make_good_budget=budget)
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
        order B    CHAIR 2
    """)
    world.slips("PO-7", to="30 Mar")
    world.settle()


def test_one_button_makes_a_whole_slip_good_as_far_as_the_budget_goes(world: World, desk: Desk) -> None:
    _slipped(world, budget=5)
    [group] = desk.client.get(reverse(GUARD)).context["groups"]
    assert (group.suggestion, group.units, group.value, group.cost) == (
        "credit",
        5,
        Decimal(100),
        Decimal(10),
    )

    told = desk.client.post(reverse(GUARD), {"group": group.key}, follow=True).content.decode()

    assert "1 line made good, 1 left out" in told
    assert MakeGood.objects.get().order_line == world.line("A")
    assert [row.suggestion for row in desk.client.get(reverse(GUARD)).context["groups"]] == ["given", "wait"]


def test_without_permission_nothing_is_given(world: World, hire: Hire) -> None:
    _slipped(world, budget=50)
    buyer = hire(BUYER)
    [group] = buyer.client.get(reverse(GUARD)).context["groups"]

    assert buyer.client.post(reverse(GUARD), {"group": group.key}).status_code == 403
    assert not MakeGood.objects.exists()


def test_service_keeps_a_line_and_lets_it_go(world: World, hire: Hire) -> None:
    _slipped(world, budget=50)
    service, line = hire(SERVICE), world.line("A")

    service.presses(line, "keep", note="A wedding")
    kept = NeverCancel.objects.get()
    service.presses(line, "unkeep")
    service.presses(line, "make-good", kind="", note="sorry")

    kept.refresh_from_db()
    assert (kept.note, kept.ended_at is not None) == ("A wedding", True)
    assert MakeGood.objects.get().cost == Decimal("5.00")


def test_the_record_of_a_line_is_a_page_to_print(world: World, desk: Desk) -> None:
    _slipped(world, budget=50)
    line = world.line("A")

    told = desk.client.get(reverse("admin:orders_orderline_record", args=[line.pk])).content.decode()

    for words in ("@media print", str(line), "a@example.org", "shown", "told", "asked"):
        assert words in told
    missing = reverse("admin:orders_orderline_record", args=[line.pk + 999])
    assert desk.client.get(missing).status_code == 404


def test_the_desk_settles_what_did_not_leave(world: World, desk: Desk) -> None:
    world("""
        stock CHAIR 5
        order A CHAIR 5
    """)
    releasing.release_ready(sku_ids=[world.sku("CHAIR").pk])
    [pick] = world.picks("A")
    form: Any = desk.asks(pick, "ship")
    row = PickLine.objects.get(pick=pick)

    once = form.context["form"].initial["once"]
    desk.presses(pick, "ship", once=once, short_ship="cancel", **{f"qty_{row.pk}": 3})

    line = world.line("A")
    assert (line.shipped_qty, line.cancelled_qty, line.open_qty) == (3, 2, 0)
