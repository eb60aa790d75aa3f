"""Protections at work: whose units are kept from whom, used up, and given back."""

from datetime import timedelta
from typing import Any

import pytest

from backorders import auditing, availability, carts, protecting
from backorders.models import CartHold, Protection, ProtectionClaim, ProtectionUsage, RefusedDemand
from backorders.promising import OrderRefused
from inventory.models import Alternative, KitPart
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.models import Channel
from tests.world import World, day


@pytest.fixture
def shop(world: World) -> World:
    """A hundred chairs; 30 kept for WEB (first) and 20 for the channel GOLD (second); SILVER has none."""
    world("stock CHAIR 100")
    for code in ("GOLD", "SILVER"):
        Channel.objects.create(code=code)
    return world


def protect(world: World, kind: str = "core") -> None:
    for code, qty, priority in (("WEB", 30, 1), ("GOLD", 20, 2)):
        protect_one(world, channel=channel(code), qty=qty, priority=priority, kind=kind)


def protect_one(world: World, **more: Any) -> Protection:
    if "category" not in more:
        more.setdefault("sku", world.sku("CHAIR"))
    return Protection.objects.create(**more)


def channel(code: str) -> Channel:
    return Channel.objects.get(code=code)


def seen_by(world: World, code: str, sku: str = "CHAIR", region: str = "") -> int:
    """Units that this channel is told it can have now, of a thousand."""
    rows = availability.answers(skus=[world.sku(sku)], qty=1000, channel=channel(code), region=region)
    return rows[0].offer.answer.now_qty


@pytest.mark.parametrize(("kind", "web_gets", "gold_keeps"), [("core", 30, 20), ("prioritised", 40, 10)])
def test_the_worked_example(shop: World, kind: str, web_gets: int, gold_keeps: int) -> None:
    protect(shop, kind)

    with pytest.raises(OrderRefused) as refusal:
        shop.orders("S-70", ("CHAIR", 70), channel=channel("SILVER"))
    assert refusal.value.details[0]["could_promise"]["now_qty"] == 50
    shop.orders("S-50", ("CHAIR", 50), channel=channel("SILVER"))
    if web_gets < 40:
        with pytest.raises(OrderRefused) as refusal:
            shop.orders("W-40", ("CHAIR", 40))
        assert refusal.value.details[0]["could_promise"]["now_qty"] == web_gets
    shop.orders("W", ("CHAIR", web_gets))

    assert seen_by(shop, "GOLD") == gold_keeps
    # The better priority sees what the other keeps, the worse does not.
    assert (seen_by(shop, "SILVER"), seen_by(shop, "WEB")) == (0, {30: 0, 40: 10}[web_gets])


def test_a_floor_that_is_used_up_hides_nothing(shop: World) -> None:
    protect(shop)
    assert seen_by(shop, "SILVER") == 50

    shop.orders("W", ("CHAIR", 25))
    assert seen_by(shop, "SILVER") == 50
    shop.orders("W2", ("CHAIR", 15))
    assert seen_by(shop, "SILVER") == 40


def test_cancelling_gives_the_floor_back(shop: World) -> None:
    protect(shop)
    shop.orders("W", ("CHAIR", 25))

    shop.cancels("W", 10)
    usage = ProtectionUsage.objects.get()
    assert (usage.consumed_qty, seen_by(shop, "SILVER")) == (15, 50)
    shop.cancels("W")

    usage.refresh_from_db()
    assert usage.consumed_qty == 0
    assert not ProtectionClaim.objects.exists()


def test_shipping_gives_nothing_back(shop: World) -> None:
    protect(shop)
    shop.orders("W", ("CHAIR", 25))
    shop.settle()
    shop.releases()
    shop.ships("W")

    assert ProtectionUsage.objects.get().consumed_qty == 25
    assert seen_by(shop, "SILVER") == 50


def test_a_floor_holds_for_what_is_still_to_come(world: World) -> None:
    world("""
        stock CHAIR 10
        po PO-7 CHAIR 50 expected 12 Mar
    """)
    Channel.objects.create(code="SILVER")
    protect_one(world, channel=world.web, qty=30)

    with pytest.raises(OrderRefused) as refusal:
        world.orders("S", ("CHAIR", 31), channel=channel("SILVER"))
    world.orders("S30", ("CHAIR", 30), channel=channel("SILVER"))

    assert refusal.value.details[0]["could_promise"] == {
        "now_qty": 0,
        "later_qty": 30,
        "ships": {"earliest": "2026-03-12", "latest": "2026-03-12"},
    }
    world.orders("W", ("CHAIR", 30))


def test_regions_and_classes_are_groups_too(shop: World) -> None:
    protect_one(shop, region="EU", qty=40)
    protect_one(shop, customer_class="gold", qty=10)

    assert seen_by(shop, "WEB", region="UK") == 50
    assert seen_by(shop, "WEB", region="EU") == 90


def test_a_category_keeps_so_many_of_each_sku(shop: World) -> None:
    for code in ("TABLE", "LAMP"):
        shop(f"stock {code} 50")
    for code, category in (("CHAIR", "oak"), ("TABLE", "oak"), ("LAMP", "")):
        sku = shop.sku(code)
        sku.category = category
        sku.save()
    protect_one(shop, category="oak", channel=channel("GOLD"), qty=20)

    shop.orders("G", ("CHAIR", 5), channel=channel("GOLD"))

    assert (seen_by(shop, "WEB"), seen_by(shop, "WEB", "TABLE"), seen_by(shop, "WEB", "LAMP")) == (80, 30, 50)


def test_a_floor_is_in_force_in_its_window_only(shop: World) -> None:
    protect_one(shop, channel=channel("GOLD"), qty=20, starts_on=day("3 Mar"))
    protect_one(shop, channel=channel("GOLD"), qty=20, ends_on=day("1 Mar"))
    assert seen_by(shop, "WEB") == 100
    protect_one(shop, channel=channel("GOLD"), qty=20, starts_on=day("2 Mar"), ends_on=day("2 Mar"))
    assert seen_by(shop, "WEB") == 80


def test_parts_of_kits_are_protected(shop: World) -> None:
    KitPart.objects.create(kit=shop.sku("SET"), component=shop.sku("CHAIR"), qty=4)
    protect(shop)

    with pytest.raises(OrderRefused) as refusal:
        shop.orders("S", ("SET", 13), channel=channel("SILVER"))
    shop.orders("W", ("SET", 5))

    assert refusal.value.details[0]["could_promise"]["now_qty"] == 12
    assert ProtectionUsage.objects.get().consumed_qty == 20
    shop.cancels("W", 2)
    assert ProtectionUsage.objects.get().consumed_qty == 12


def test_two_lines_of_one_order_are_counted_together(shop: World) -> None:
    protect_one(shop, channel=channel("WEB"), qty=30)

    with pytest.raises(OrderRefused) as refusal:
        shop.orders("S", ("CHAIR", 50), ("CHAIR", 30), channel=channel("SILVER"))
    shop.orders("W", ("CHAIR", 20), ("CHAIR", 20))

    assert refusal.value.details[0]["could_promise"]["now_qty"] == 20
    assert ProtectionUsage.objects.get().consumed_qty == 40


def hold(world: World, qty: int, code: str = "WEB") -> CartHold:
    return carts.hold_for_cart(
        sku_id=world.sku("CHAIR").pk,
        qty=qty,
        channel_id=channel(code).pk,
        region="",
        minutes=15,
        actor=job("test"),
    )


def test_a_cart_uses_the_floor_until_it_expires(shop: World, frozen: clock.Journey) -> None:
    protect(shop)
    with pytest.raises(carts.CannotHold):
        hold(shop, 51, "SILVER")

    token = hold(shop, 30).token
    # Ten of the floor were never at risk twice: the hold took them, and they are hidden once.
    assert seen_by(shop, "SILVER") == 50
    shop.orders("W", ("CHAIR", 30), cart_hold=token)
    assert ProtectionUsage.objects.get().consumed_qty == 30

    hold(shop, 10)
    frozen.forward(timedelta(minutes=15))
    assert seen_by(shop, "SILVER") == 50
    carts.expire_cart_holds()
    assert ProtectionUsage.objects.get().consumed_qty == 30


def test_the_explanation_names_who_is_preferred(shop: World) -> None:
    protect(shop)

    shop.orders("S", ("CHAIR", 1), channel=channel("SILVER"))
    shop.orders("W", ("CHAIR", 1))

    assert [floor["group"] for floor in shop.promise("S").basis["protections"]] == [
        "channel WEB",
        "channel GOLD",
    ]
    assert [floor["qty"] for floor in shop.promise("W").basis["protections"]] == [20]


def test_without_floors_nothing_is_asked(shop: World, django_assert_num_queries: Any) -> None:
    sku = shop.sku("CHAIR")
    assert protecting.floors({sku.pk: sku}, on=day("2 Mar")) == {}

    with django_assert_num_queries(1):  # the revision of the rulebook
        assert protecting.floors({sku.pk: sku}, on=day("2 Mar")) == {}


def test_the_audit_sees_a_counter_that_is_off_and_mends_it(shop: World) -> None:
    protect(shop)
    shop.orders("W", ("CHAIR", 25))
    ProtectionUsage.objects.update(consumed_qty=3)

    found = auditing.repair()

    assert {finding.code for finding in found} == {"protection_counter"}
    assert ProtectionUsage.objects.get().consumed_qty == 25


def test_an_expired_cart_uses_no_floor_even_before_the_sweep(shop: World, frozen: clock.Journey) -> None:
    protect(shop)
    hold(shop, 30)

    frozen.forward(timedelta(minutes=15))

    assert ProtectionUsage.objects.get().consumed_qty == 30
    assert seen_by(shop, "SILVER") == 50


def test_a_refusal_names_the_protection_that_keeps_the_most(shop: World) -> None:
    protect(shop)

    with pytest.raises(OrderRefused) as refusal:
        shop.orders("S-70", ("CHAIR", 70), channel=channel("SILVER"))

    detail = refusal.value.details[0]
    assert (detail["code"], detail["cap"], detail["refused_qty"]) == (
        "cap_reached",
        "protection for channel WEB",
        20,
    )
    kept = RefusedDemand.objects.get()
    assert (kept.asked_qty, kept.refused_qty, kept.reason, kept.cap_name) == (
        70,
        20,
        "cap_reached",
        "protection for channel WEB",
    )


def test_what_no_floor_keeps_is_refused_for_its_own_reason(shop: World) -> None:
    shop.rule.mode = "deny"
    shop.rule.save()
    protect_one(shop, channel=channel("GOLD"), qty=20)

    def why(code: str, qty: int) -> tuple[str | None, str, int]:
        rows = availability.answers(skus=[shop.sku("CHAIR")], qty=qty, channel=channel(code))
        answer = rows[0].offer.answer
        return answer.reason, answer.cap_name, answer.refused_qty

    # Without the floor all 90 would be in stock; of 101 one more would not.
    assert why("SILVER", 90) == ("cap_reached", "protection for channel GOLD", 10)
    assert why("GOLD", 101) == ("rule_denies", "", 1)


def test_an_alternative_switched_to_is_a_newcomer_to_floors(shop: World) -> None:
    shop("""
        stock TABLE 5
        po    PO-7 LAMP 4 expected 12 Mar
    """)
    Alternative.objects.create(sku=shop.sku("LAMP"), alternative=shop.sku("TABLE"))
    shop("order A LAMP 4")
    shop.slips("PO-7", to="30 Mar")
    shop.settle()
    protect_one(shop, channel=channel("GOLD"), qty=3, sku=shop.sku("TABLE"))
    shop.rule.mode = "deny"
    shop.rule.save()

    with pytest.raises(OrderRefused) as refusal:
        shop.customer_chooses("A", "switch", alternative="TABLE")

    assert refusal.value.details[0]["cap"] == "protection for channel GOLD"
    assert (shop.line("A").open_qty, shop.free("TABLE")) == (4, 5)
    assert shop.open_case("A") is not None
    assert shop.books_balance()
