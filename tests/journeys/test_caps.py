"""Caps by week at work: what is drawn from which week, dated, given back; counters equal their claims."""

from datetime import timedelta
from typing import Any

import pytest

from backorders import auditing, carts
from backorders.models import Cap, CapClaim, CapUsage, RefusedDemand
from backorders.promising import OrderRefused
from inventory.models import Alternative
from oms.kernel import clock
from oms.kernel.actors import job
from oms.kernel.models import EventLog
from oms.orders.models import Channel
from tests.world import World, day

W1, W2, W3 = day("2 Mar"), day("9 Mar"), day("16 Mar")


def weekly(**more: Any) -> Cap:
    """The cap of the worked example: 30, 20 and 40 units in three weeks, one week back and one ahead."""
    ceilings = {W1.isoformat(): 30, W2.isoformat(): 20, W3.isoformat(): 40}
    defaults = {"bucket": "week", "max_open_units": 0, "backward": 1, "forward": 1}
    return Cap.objects.create(name="weeks", bucket_ceilings=ceilings, **{**defaults, **more})


def used(cap: Cap) -> dict[str, int]:
    """Units by first day of the week."""
    rows = CapUsage.objects.filter(cap=cap).exclude(bucket_on=None, used_qty=0)
    return {str(on): qty for on, qty in rows.values_list("bucket_on", "used_qty") if qty}


@pytest.fixture
def world(world: World) -> World:
    """The purchase that everybody waits for comes on Wednesday of the second week."""
    world("po PO-7 CHAIR 500 expected 11 Mar")
    return world


def test_the_worked_example(world: World) -> None:
    cap = weekly(backward=0, forward=0)
    for name, qty, wanted in (("A", 30, W1), ("B", 5, W2), ("C", 40, W3)):
        world.orders(name, ("CHAIR", qty), wanted_on=wanted)
    Cap.objects.filter(pk=cap.pk).update(backward=1, forward=1)

    with pytest.raises(OrderRefused) as refusal:
        world.orders("D", ("CHAIR", 20), wanted_on=W2)

    detail = refusal.value.details[0]
    assert (detail["code"], detail["cap"], detail["refused_qty"]) == ("cap_reached", "weeks", 5)
    assert detail["could_promise"]["later_qty"] == 15
    assert used(cap) == {"2026-03-02": 30, "2026-03-09": 5, "2026-03-16": 40}
    assert list(RefusedDemand.objects.values_list("refused_qty", "cap_name")) == [(5, "weeks")]
    assert world.books_balance()

    world.orders("E", ("CHAIR", 15), wanted_on=W2)
    assert used(cap) == {"2026-03-02": 30, "2026-03-09": 20, "2026-03-16": 40}


def test_own_week_then_earlier_then_later(world: World) -> None:
    cap = weekly()
    for name, qty, wanted in (("A", 27, W1), ("B", 5, W2), ("C", 39, W3)):
        world.orders(name, ("CHAIR", qty), wanted_on=wanted)

    world.orders("D", ("CHAIR", 19), wanted_on=W2)

    assert used(cap) == {"2026-03-02": 30, "2026-03-09": 20, "2026-03-16": 40}
    claims = CapClaim.objects.filter(order_line=world.line("D")).order_by("pk")
    assert list(claims.values_list("usage__bucket_on", "qty")) == [(W2, 15), (W1, 3), (W3, 1)]


def test_units_of_a_later_week_are_dated_on_its_first_working_day(world: World) -> None:
    world.warehouse.work_days = [1, 2, 3, 4]
    world.warehouse.save()
    weekly(backward=0)
    world.orders("A", ("CHAIR", 20), wanted_on=W2)

    world.orders("B", ("CHAIR", 1), wanted_on=W2)

    # The week of Monday the 16th; nobody works on Mondays.
    assert world.promised("A") == day("11 Mar")
    assert world.promised("B") == day("17 Mar")
    basis = world.promise("B").basis
    assert basis["caps"][0]["drawn"] == [{"bucket_on": "2026-03-16", "qty": 1}]
    assert {"step": "bucket", "on": "2026-03-17", "name": "weeks", "units": 1} in basis["calendar"]


def test_units_of_an_earlier_week_keep_their_date(world: World) -> None:
    weekly(forward=0)
    world.orders("A", ("CHAIR", 20), wanted_on=W2)

    world.orders("B", ("CHAIR", 1), wanted_on=W2)

    assert world.promised("B") == day("11 Mar")


def test_without_a_wish_the_week_of_the_order_counts(world: World) -> None:
    cap = weekly()

    world.orders("A", ("CHAIR", 2))

    assert used(cap) == {"2026-03-02": 2}


def test_cancelling_returns_each_unit_to_its_week(world: World) -> None:
    cap = weekly()
    for name, qty, wanted in (("A", 27, W1), ("B", 5, W2), ("C", 39, W3)):
        world.orders(name, ("CHAIR", qty), wanted_on=wanted)
    world.orders("D", ("CHAIR", 19), wanted_on=W2)

    world.cancels("D", 2)
    assert used(cap) == {"2026-03-02": 29, "2026-03-09": 20, "2026-03-16": 39}

    world.cancels("D")
    assert used(cap) == {"2026-03-02": 27, "2026-03-09": 5, "2026-03-16": 39}
    assert world.books_balance()


def test_shipping_returns_what_has_left(world: World, frozen: clock.Journey) -> None:
    cap = weekly()
    world.orders("A", ("CHAIR", 19), wanted_on=W2)
    frozen.forward(timedelta(days=9))
    world.receives("PO-7", 500)
    world.settle()
    world.releases()

    world.ships("A")

    assert used(cap) == {}
    assert not CapClaim.objects.exists()
    assert world.books_balance()


def test_two_lines_of_one_order_share_the_week(world: World) -> None:
    cap = weekly(backward=0)

    world.orders("A", ("CHAIR", 15), ("CHAIR", 10), wanted_on=W2)

    assert used(cap) == {"2026-03-09": 20, "2026-03-16": 5}


def test_units_per_order_count_over_all_lines_and_weeks(world: World) -> None:
    Cap.objects.create(name="four an order", bucket="week", max_units_per_order=4)

    with pytest.raises(OrderRefused) as refusal:
        world.orders("A", ("CHAIR", 3), ("CHAIR", 2), wanted_on=W2)
    world.orders("B", ("CHAIR", 3), ("CHAIR", 1), wanted_on=W2)

    assert refusal.value.details[0]["code"] == "order_limit"
    assert refusal.value.details[0]["could_promise"]["later_qty"] == 1


def test_a_cap_that_only_watches_refuses_nothing_and_says_so(world: World) -> None:
    cap = weekly(is_monitor_only=True)

    world.orders("A", ("CHAIR", 33), wanted_on=W2)

    assert used(cap) == {"2026-03-09": 33}
    assert world.promise("A").basis["caps"][0]["monitor_only"] is True
    assert EventLog.objects.filter(name="CapReached").count() == 1


def test_reaching_a_cap_is_told_once_for_each_time(world: World) -> None:
    Cap.objects.create(name="five", max_open_units=5)

    def told() -> int:
        return EventLog.objects.filter(name="CapReached").count()

    world.orders("A", ("CHAIR", 4))
    assert told() == 0
    world.orders("B", ("CHAIR", 1))
    assert told() == 1
    with pytest.raises(OrderRefused):
        world.orders("C", ("CHAIR", 1))
    assert told() == 1
    world.cancels("B")
    world.orders("D", ("CHAIR", 1))
    assert told() == 2


def test_a_cart_that_becomes_an_order_reaches_the_cap_once(world: World) -> None:
    Cap.objects.create(name="five", max_open_units=5)
    hold = carts.hold_for_cart(
        sku_id=world.sku("CHAIR").pk,
        qty=5,
        channel_id=world.web.pk,
        region="",
        minutes=15,
        actor=job("test"),
    )

    world.orders("A", ("CHAIR", 5), cart_hold=hold.token)

    assert EventLog.objects.filter(name="CapReached").count() == 1
    assert CapUsage.objects.get().used_qty == 5
    assert world.books_balance()


def test_an_expired_hold_uses_no_cap_even_before_the_sweep(world: World, frozen: clock.Journey) -> None:
    Cap.objects.create(name="five", max_open_units=5)
    carts.hold_for_cart(
        sku_id=world.sku("CHAIR").pk,
        qty=5,
        channel_id=world.web.pk,
        region="",
        minutes=15,
        actor=job("test"),
    )
    with pytest.raises(OrderRefused):
        world.orders("A", ("CHAIR", 5))

    frozen.forward(timedelta(minutes=15))
    world.orders("B", ("CHAIR", 5))
    carts.expire_cart_holds()

    assert CapUsage.objects.get().used_qty == 5
    assert world.books_balance()


def test_a_window_that_is_over_limits_nothing(world: World) -> None:
    Cap.objects.create(name="last week", max_open_units=0, ends_on=day("1 Mar"))
    Cap.objects.create(name="next week", max_open_units=0, starts_on=day("3 Mar"))

    world.orders("A", ("CHAIR", 5))

    assert not CapClaim.objects.exists()


def test_every_dimension_must_fit(world: World) -> None:
    amazon = Channel.objects.create(code="AMZ")
    Cap.objects.create(
        name="narrow",
        max_open_units=0,
        sku=world.sku("CHAIR"),
        channel=amazon,
        region="EU",
        customer_class="",
    )

    world.orders("A", ("CHAIR", 1), region="EU")
    world.orders("B", ("CHAIR", 1), channel=amazon, region="UK")
    with pytest.raises(OrderRefused):
        world.orders("C", ("CHAIR", 1), channel=amazon, region="EU")


def test_the_audit_sees_a_counter_that_is_off_and_mends_it(world: World) -> None:
    weekly()
    world.orders("A", ("CHAIR", 2))
    CapUsage.objects.update(used_qty=7)

    found = auditing.repair()

    assert {finding.code for finding in found} == {"cap_counter"}
    assert world.books_balance()


def test_switching_returns_each_unit_to_its_week(world: World) -> None:
    world("stock STOOL 30")
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=world.sku("STOOL"))
    cap = weekly()
    world.orders("A", ("CHAIR", 25), wanted_on=W2)
    assert used(cap) == {"2026-03-02": 5, "2026-03-09": 20}
    world.slips("PO-7", to="30 Mar")
    world.settle()

    world.customer_chooses("A", "switch", alternative="STOOL")

    assert used(cap) == {}
    assert world.books_balance()
