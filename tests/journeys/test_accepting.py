"""J1: an order is accepted with a promise claimed from what is free, or refused whole."""

from decimal import Decimal

import pytest

from backorders.models import Cap, CapUsage, Promise, RefusedDemand
from backorders.promising import OrderRefused
from inventory.models import KitPart, Sku, Supply
from oms.orders.models import Channel, Order
from tests.world import World, day


def test_stock_ships_today_and_is_told_so(world: World) -> None:
    world("stock CHAIR 10")

    world.orders("SO-1", ("CHAIR", 4))

    assert world.pegs("SO-1") == [("stock", 4)]
    assert world.promised("SO-1") == day("2 Mar")
    assert world.promise("SO-1").label == "Ships today"
    assert world.backorder("SO-1") is None
    assert world.free("CHAIR") == 6
    assert world.told("SO-1") == ["confirmation"]


def test_what_stock_does_not_cover_waits_for_the_purchase(world: World) -> None:
    world("""
        stock CHAIR 6
        po    PO-7 CHAIR 10 expected 12 Mar
    """)

    world.orders("SO-1", ("CHAIR", 10))

    assert world.pegs("SO-1") == [("stock", 6), ("PO-7", 4)]
    assert world.promised("SO-1") == day("12 Mar")
    backorder = world.backorder("SO-1")
    assert backorder is not None
    assert (backorder.qty, backorder.mode, backorder.closed_at) == (4, "accidental", None)


def test_earlier_orders_count_before_on_hand(world: World) -> None:
    """Magento's fixture: stock 10, orders of 6, 6 and 20 leave 0, 2 and 20 backordered."""
    world("""
        stock CHAIR 10
        po    PO-7 CHAIR 30 expected 12 Mar
    """)

    for name, qty in (("A", 6), ("B", 6), ("C", 20)):
        world.orders(name, ("CHAIR", qty))

    backordered = {name: row.qty if (row := world.backorder(name)) else 0 for name in "ABC"}
    assert backordered == {"A": 0, "B": 2, "C": 20}


def test_two_lines_of_one_sku_are_counted_together(world: World) -> None:
    world("""
        stock CHAIR 1
        po    PO-7 CHAIR 5 expected 12 Mar
    """)

    world.orders("SO-1", ("CHAIR", 1), ("CHAIR", 1))

    assert world.pegs("SO-1", 1) == [("stock", 1)]
    assert world.pegs("SO-1", 2) == [("PO-7", 1)]


def test_two_kits_that_share_a_part_are_counted_together(world: World) -> None:
    world("""
        stock LEG 6
        stock SEAT 5
        po    PO-7 LEG 8 expected 12 Mar
    """)
    for kit in ("STOOL", "BENCH"):
        KitPart.objects.create(kit=world.sku(kit), component=world.sku("LEG"), qty=4)
        KitPart.objects.create(kit=world.sku(kit), component=world.sku("SEAT"), qty=1)

    world.orders("SO-1", ("STOOL", 1), ("BENCH", 1))

    assert world.pegs("SO-1", 1) == [("stock", 4), ("stock", 1)]
    assert world.pegs("SO-1", 2) == [("stock", 2), ("stock", 1), ("PO-7", 2)]
    assert world.promised("SO-1", 2) == day("12 Mar")
    assert not Supply.objects.filter(sku__code__in=("STOOL", "BENCH")).exists()


def test_without_supply_the_order_is_refused_and_nothing_is_kept(world: World) -> None:
    world("stock CHAIR 3")

    with pytest.raises(OrderRefused) as refusal:
        world.orders("SO-1", ("CHAIR", 5))

    (detail,) = refusal.value.details
    assert detail.pop("explain")[-1] == "2 units refused: no supply covers it."
    assert detail.pop("explain_short") == ["It is here in our warehouse.", "We cannot promise 2 units."]
    assert [detail] == [
        {
            "line_no": 1,
            "sku": "CHAIR",
            "code": "no_supply",
            "message": "CHAIR: 3 of 5 could be promised; 2 refused: no_supply.",
            "refused_qty": 2,
            "could_promise": {
                "now_qty": 3,
                "later_qty": 0,
                "ships": {"earliest": "2026-03-02", "latest": "2026-03-02"},
            },
        }
    ]
    assert not Order.objects.exists()
    assert not Promise.objects.exists()
    assert world.free("CHAIR") == 3
    assert list(RefusedDemand.objects.values_list("asked_qty", "refused_qty", "reason")) == [
        (5, 2, "no_supply")
    ]


def test_one_bad_line_undoes_the_good_ones(world: World) -> None:
    world("stock CHAIR 3")
    world.sku("TABLE")

    with pytest.raises(OrderRefused) as refusal:
        world.orders("SO-1", ("CHAIR", 2), ("TABLE", 1))

    assert [detail["line_no"] for detail in refusal.value.details] == [2]
    assert world.free("CHAIR") == 3


def test_a_deny_rule_sells_stock_but_no_backorder(world: World) -> None:
    world("""
        stock CHAIR 3
        po    PO-7 CHAIR 5 expected 12 Mar
    """)
    world.rule.mode = "deny"
    world.rule.save()

    world.orders("A", ("CHAIR", 3))
    with pytest.raises(OrderRefused) as refusal:
        world.orders("B", ("CHAIR", 1))

    assert refusal.value.details[0]["code"] == "rule_denies"


def test_a_cap_lets_through_what_it_has_room_for(world: World) -> None:
    world("po PO-7 CHAIR 100 expected 12 Mar")
    Cap.objects.create(name="chairs", sku=world.sku("CHAIR"), max_open_units=20)

    world.orders("A", ("CHAIR", 18))
    with pytest.raises(OrderRefused) as refusal:
        world.orders("B", ("CHAIR", 5))
    world.orders("C", ("CHAIR", 2))

    assert refusal.value.details[0]["code"] == "cap_reached"
    assert refusal.value.details[0]["cap"] == "chairs"
    assert refusal.value.details[0]["could_promise"]["later_qty"] == 2
    assert CapUsage.objects.get().used_qty == 20


def test_a_cap_of_zero_means_none_and_an_empty_one_means_unlimited(world: World) -> None:
    world("po PO-7 CHAIR 100 expected 12 Mar")
    cap = Cap.objects.create(name="chairs", max_open_units=0)

    with pytest.raises(OrderRefused):
        world.orders("A", ("CHAIR", 1))
    cap.max_open_units = None
    cap.save()
    world.orders("B", ("CHAIR", 50))

    assert world.pegs("B") == [("PO-7", 50)]


def test_the_tightest_of_three_caps_refuses_by_name(world: World) -> None:
    world("po PO-7 CHAIR 100 expected 12 Mar")
    for name, ceiling, scope in (
        ("global", 100, {}),
        ("web", 60, {"channel": world.web}),
        ("eu", 40, {"region": "EU"}),
    ):
        cap = Cap.objects.create(name=name, max_open_units=ceiling, **scope)
        CapUsage.objects.create(cap=cap, used_qty=0)
    world.orders("EU-39", ("CHAIR", 39), region="EU")

    with pytest.raises(OrderRefused) as refusal:
        world.orders("EU-5", ("CHAIR", 5), region="EU")

    assert refusal.value.details[0]["cap"] == "eu"
    assert refusal.value.details[0]["could_promise"]["later_qty"] == 1
    assert dict(CapUsage.objects.values_list("cap__name", "used_qty")) == {"global": 39, "web": 39, "eu": 39}


def test_cancelling_gives_a_cap_its_room_back(world: World) -> None:
    world("""
        stock CHAIR 4
        po PO-7 CHAIR 100 expected 12 Mar
    """)
    Cap.objects.create(name="chairs", max_open_units=10)
    world.orders("A", ("CHAIR", 10))

    world.cancels("A", 4)
    four_back = CapUsage.objects.get().used_qty
    world.cancels("A")

    assert (four_back, CapUsage.objects.get().used_qty) == (2, 0)


def test_a_launch_ahead_is_a_preorder_and_ships_on_its_day(world: World) -> None:
    world("po PO-7 CHAIR 5 expected 12 Mar")
    Sku.objects.filter(code="CHAIR").update(status="unreleased", launch_on=day("1 Apr"))
    world.rule.mode = "preorder"
    world.rule.save()

    world.orders("A", ("CHAIR", 2))

    backorder = world.backorder("A")
    assert backorder is not None
    assert (backorder.mode, backorder.cause) == ("preorder", "capital_light_launch")
    assert world.promised("A") == day("1 Apr")


def test_an_order_that_ships_complete_is_promised_for_its_slowest_line(world: World) -> None:
    world("""
        stock CHAIR 5
        po    PO-7 TABLE 5 expected 12 Mar
    """)

    world.orders("A", ("CHAIR", 1), ("TABLE", 1), ship_policy="complete")
    world.orders("B", ("CHAIR", 1), ("TABLE", 1), ship_policy="available")

    assert [world.promised("A", 1), world.promised("A", 2)] == [day("12 Mar"), day("12 Mar")]
    assert [world.promised("B", 1), world.promised("B", 2)] == [day("2 Mar"), day("12 Mar")]


def test_a_wish_for_later_takes_the_later_supply(world: World) -> None:
    world("""
        stock CHAIR 5
        po    PO-7 CHAIR 5 expected 12 Mar
    """)

    world.orders("FAR", ("CHAIR", 5), wanted_on=day("20 Mar"))
    world.orders("NOW", ("CHAIR", 5))

    assert world.pegs("FAR") == [("PO-7", 5)]
    assert world.promised("FAR") == day("20 Mar")
    assert world.backorder("FAR") is None
    assert world.pegs("NOW") == [("stock", 5)]


def test_units_beyond_firm_supply_are_planned_up_to_the_threshold(world: World) -> None:
    world("stock CHAIR 1")
    world.rule.oversell_qty = 5
    world.rule.save()

    world.orders("A", ("CHAIR", 4))
    with pytest.raises(OrderRefused):
        world.orders("B", ("CHAIR", 3))
    world.orders("C", ("CHAIR", 2))

    assert world.pegs("A") == [("stock", 1), ("planned", 3)]
    assert world.promised("A") == day("1 Apr")
    assert world.pegs("C") == [("planned", 2)]


def test_planned_units_move_to_the_purchase_when_it_is_placed(world: World) -> None:
    world.rule.oversell_qty = 5
    world.rule.save()
    world.sku("CHAIR")
    world.orders("A", ("CHAIR", 4))

    world("po PO-7 CHAIR 10 expected 28 Mar")
    world.settle()

    assert world.pegs("A") == [("PO-7", 4)]
    assert world.promised("A") == day("1 Apr")


def test_an_untracked_sku_is_always_there_and_never_backordered(world: World) -> None:
    Sku.objects.create(code="GIFTWRAP", is_tracked=False)

    world.orders("A", ("GIFTWRAP", 3))

    assert world.backorder("A") is None
    assert world.pegs("A") == [("stock", 3)]


def test_units_taken_by_another_channel_tell_the_cause(world: World) -> None:
    world("""
        stock CHAIR 5
        po    PO-7 CHAIR 10 expected 12 Mar
    """)
    amazon = Channel.objects.create(code="AMZ", kind="amazon")
    world.orders("WEB-1", ("CHAIR", 5))

    world.orders("AMZ-1", ("CHAIR", 5), channel=amazon)

    backorder = world.backorder("AMZ-1")
    assert backorder is not None
    assert (backorder.cause, backorder.confidence) == ("channel_oversell", Decimal("0.95"))
