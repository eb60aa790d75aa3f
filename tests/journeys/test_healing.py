"""Good news: a delay that is over closes its question; much earlier dates are told where a rule says so."""

from datetime import timedelta

import pytest

from backorders import asking, choosing, replanning
from backorders.choosing import CaseClosed
from backorders.models import CancellationPolicy, DelayCase
from inventory.models import KitPart
from oms.kernel import clock
from tests.world import World, day


def _late(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()


def test_a_pull_in_heals_the_delay_and_the_customer_is_told(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="silent", silence_means="cancel", answer_days=5)
    _late(world)

    world.slips("PO-7", to="11 Mar", cause="supplier_early")
    world.settle()
    frozen.forward(timedelta(days=6))
    swept = choosing.sweep_deadlines()

    case = DelayCase.objects.get()
    assert case.closed_because == "healed"
    assert world.history("A") == [
        (day("12 Mar"), ""),
        (day("20 Mar"), "supplier_late"),
        (day("12 Mar"), "supplier_early"),
    ]
    assert world.told("A") == ["confirmation", "delay_notice", "good_news"]
    assert (swept, world.line("A").open_qty) == (0, 4)
    with pytest.raises(CaseClosed):
        world.customer_chooses("A", "cancel")


def test_a_smaller_delay_stays_a_delay_and_internal(world: World) -> None:
    _late(world)

    world.slips("PO-7", to="15 Mar", cause="supplier_early")
    world.settle()

    assert world.open_case("A") is not None
    assert world.promised("A") == day("20 Mar")
    assert world.told("A") == ["confirmation", "delay_notice"]


def test_a_delay_nobody_heard_of_heals_in_silence(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    replanning.replan_sku(sku_id=world.sku("CHAIR").pk)
    world.slips("PO-7", to="12 Mar", cause="supplier_early")
    world.settle()

    assert DelayCase.objects.get().closed_because == "healed"
    assert world.promised("A") == day("12 Mar")
    assert world.told("A") == ["confirmation"]


def test_who_agreed_to_a_later_day_is_held_to_that_one(world: World) -> None:
    _late(world)
    world.customer_chooses("A", "wait")
    world.slips("PO-7", to="30 Mar")
    world.settle()

    world.slips("PO-7", to="18 Mar", cause="supplier_early")
    world.settle()

    assert world.open_case("A") is None
    assert [on for on, _ in world.history("A")] == [
        day("12 Mar"),
        day("20 Mar"),
        day("30 Mar"),
        day("20 Mar"),
    ]


def test_units_cut_and_found_again_heal(world: World) -> None:
    world("""
        po    PO-7 CHAIR 4 expected 12 Mar
        order A    CHAIR 4
    """)
    world.cuts("PO-7", to=1)
    world.settle()
    undated = world.promised("A")

    world("po PO-8 CHAIR 3 expected 11 Mar")
    world.settle()

    assert undated is None
    assert world.promised("A") == day("12 Mar")
    assert world.open_case("A") is None
    assert world.told("A") == ["confirmation", "delay_notice", "good_news"]


def test_goods_that_came_late_leave_no_question_open(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="silent", silence_means="cancel", answer_days=30)
    _late(world)
    frozen.forward(timedelta(days=16))

    world.receives("PO-7", 10)
    world.settle()

    assert DelayCase.objects.get().closed_because == "healed"
    assert world.promised("A") == day("20 Mar")
    assert "good_news" not in world.told("A")


def test_a_kit_is_healed_by_its_last_part(world: World) -> None:
    kit = world.sku("SET")
    for part in ("LEG", "TOP"):
        KitPart.objects.create(kit=kit, component=world.sku(part), qty=1)
    world("""
        po    PO-1 LEG 4 expected 12 Mar
        po    PO-2 TOP 4 expected 12 Mar
        order A    SET 4
    """)
    world.slips("PO-1", to="20 Mar")
    world.slips("PO-2", to="25 Mar")
    world.settle()

    world.slips("PO-1", to="12 Mar", cause="supplier_early")
    world.settle()
    still_open = world.open_case("A")
    world.slips("PO-2", to="12 Mar", cause="supplier_early")
    world.settle()

    assert still_open is not None
    assert world.open_case("A") is None
    assert world.promised("A") == day("12 Mar")


def test_one_order_with_several_articles_in_one_container_hears_once(world: World) -> None:
    _container(world)

    assert world.told("A") == ["confirmation", "delay_notice"]
    assert {case.told_at for case in DelayCase.objects.all()} == {clock.now()}
    assert DelayCase.objects.exclude(token_hash="").count() == 3

    for number in ("PO-1", "PO-2", "PO-3"):
        world.slips(number, to="12 Mar", cause="supplier_early")
    world.settle()

    assert world.told("A") == ["confirmation", "delay_notice", "good_news"]


def test_an_order_whose_other_article_is_stuck_is_told_after_a_while(
    world: World, frozen: clock.Journey
) -> None:
    _container(world, is_settled=False)
    replanning.replan_sku(sku_id=world.sku("CHAIR").pk)
    at_once = asking.tell_cases()
    frozen.forward(timedelta(minutes=11))

    assert (at_once, asking.tell_cases()) == (0, 1)
    assert world.told("A") == ["confirmation", "delay_notice"]
    assert asking.tell_cases() == 0


@pytest.mark.parametrize(("days", "told"), [(None, False), (9, False), (8, True)])
def test_much_earlier_dates_are_told_where_the_rule_says_so(
    world: World, days: int | None, told: bool
) -> None:
    world.rule.tell_earlier_days = days
    world.rule.save()
    world("""
        po    PO-7 CHAIR 10 expected 20 Mar
        order A    CHAIR 4
    """)

    world.slips("PO-7", to="12 Mar", cause="supplier_early")
    world.settle()

    after = [(day("20 Mar"), ""), (day("12 Mar"), "supplier_early")]
    assert world.history("A") == (after if told else after[:1])
    assert world.told("A") == (["confirmation", "good_news"] if told else ["confirmation"])


def test_what_is_on_hand_stands_in_the_explanation_too(world: World) -> None:
    world("""
        stock CHAIR 1
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)

    world.slips("PO-7", to="20 Mar")
    world.settle()

    supplies = world.promise("A").basis["supplies"]
    assert [(row["kind"], row["qty"]) for row in supplies] == [("stock", 1), ("purchase", 3)]


def _container(world: World, *, is_settled: bool = True) -> None:
    world("""
        po PO-1 CHAIR 4 expected 12 Mar
        po PO-2 TABLE 4 expected 12 Mar
        po PO-3 LAMP  4 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 2), ("TABLE", 2), ("LAMP", 2))
    for number in ("PO-1", "PO-2", "PO-3"):
        world.slips(number, to="20 Mar", cause="transport_late")
    if is_settled:
        world.settle()


def test_a_line_of_a_complete_order_is_not_healed_before_the_slowest(world: World) -> None:
    world("""
        po PO-1 CHAIR 3 expected 12 Mar
        po PO-2 CHAIR 3 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 3), ("CHAIR", 3), ship_policy="complete")
    world.slips("PO-1", to="20 Mar")
    world.settle()
    before = _story(world)

    replanning.mark(sku_ids=[world.sku("CHAIR").pk], cause="replan")
    world.settle()

    assert {world.promised("A", line=1), world.promised("A", line=2)} == {day("20 Mar")}
    assert _story(world) == before


def _story(world: World) -> list[object]:
    return [(world.history("A", line), world.pegs("A", line)) for line in (1, 2)]
