"""J2: a supply moves, promises are made anew where they must be, and customers are asked."""

import pytest

from backorders import causes, replanning
from backorders.choosing import CaseClosed, NotOffered
from backorders.models import CauseTag, Choice, Promise
from inventory.models import Alternative
from tests.world import ANNA, World, day


def test_a_late_container_moves_the_promise_and_asks_the_customer(world: World) -> None:
    world("""
        stock   CHAIR          0
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR   8    accepted
    """)

    world.slips("PO-7", to="30 May")
    world.settle()

    assert world.history("SO-1") == [(day("12 May"), ""), (day("30 May"), "supplier_late")]
    case = world.open_case("SO-1")
    assert case is not None
    assert case.choices == ["wait", "cancel"]
    assert world.told("SO-1") == ["confirmation", "delay_notice"]

    world.customer_chooses("SO-1", "cancel")
    world.settle()

    assert world.pegs("SO-1") == []
    assert world.open_case("SO-1") is None
    assert world.told("SO-1") == ["confirmation", "delay_notice", "cancelled"]


def test_a_slip_explains_the_waits_that_nothing_explained(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
        order B    CHAIR 4
    """)
    tagged = world.backorder("B")
    assert tagged is not None and tagged.cause == "forecast_undershoot"
    causes.correct_cause(order_line_id=tagged.order_line_id, cause="promotion_surprise", actor=ANNA)

    world.slips("PO-7", to="30 Mar")
    world.settle()
    world.orders("C", ("CHAIR", 2))

    found = {name: world.backorder(name) for name in "ABC"}
    assert {name: row and row.cause for name, row in found.items()} == {
        "A": "supplier_delay",
        "B": "promotion_surprise",
        "C": "supplier_delay",
    }
    tags = CauseTag.objects.filter(backorder=found["A"]).order_by("id").values_list("cause", "by")
    assert list(tags) == [("forecast_undershoot", "job:test"), ("supplier_delay", "job:replan")]


def test_a_slip_that_keeps_the_promise_is_not_told(world: World) -> None:
    world.rule.least_buffer_days = 5
    world.rule.save()
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)

    world.slips("PO-7", to="15 Mar")
    world.settle()

    assert world.history("A") == [(day("17 Mar"), "")]
    assert world.open_case("A") is None


def test_running_the_plan_again_changes_nothing(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()
    before = list(Promise.objects.values_list("pk", "superseded_at"))

    world.slips("PO-7", to="20 Mar")
    world.settle()

    assert list(Promise.objects.values_list("pk", "superseded_at")) == before


def test_the_fewest_promises_break(world: World) -> None:
    """The older order is late anyhow: taking the younger one's purchase would only break two."""
    world("""
        po    PO-1 CHAIR 5 expected 10 Mar
        order A    CHAIR 5
        po    PO-2 CHAIR 5 expected 20 Mar
        order B    CHAIR 5
    """)

    world.slips("PO-1", to="25 Mar")
    world.settle()

    assert world.history("A") == [(day("10 Mar"), ""), (day("25 Mar"), "supplier_late")]
    assert world.history("B") == [(day("20 Mar"), "")]


def test_an_earlier_purchase_serves_the_oldest_first_and_stays_internal(world: World) -> None:
    world("""
        po    PO-1 CHAIR 17 expected 20 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)

    world("po PO-2 CHAIR 7 expected 12 Mar")
    world.settle()

    assert world.pegs("A") == [("PO-2", 6)]
    assert world.pegs("B") == [("PO-2", 1), ("PO-1", 3)]
    assert world.history("A") == [(day("20 Mar"), "")]
    assert world.told("A") == ["confirmation"]


def test_a_line_that_may_not_be_split_takes_one_purchase(world: World) -> None:
    world.rule.split = "none"
    world.rule.save()
    world("""
        po    PO-1 CHAIR 17 expected 20 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)

    world("po PO-2 CHAIR 7 expected 12 Mar")
    world.settle()

    assert world.pegs("A") == [("PO-2", 6)]
    assert world.pegs("B") == [("PO-1", 4)]


def test_a_cut_is_shed_by_the_worst_ranked(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)

    world.cuts("PO-7", to=7)
    world.settle()

    assert world.pegs("A") == [("PO-7", 6)]
    assert world.pegs("B") == [("PO-7", 1)]
    assert world.short("B") == 3
    assert world.history("B") == [(day("12 Mar"), ""), (None, "supplier_short")]


def test_what_is_cut_and_comes_back_promotes_nobody_extra(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)

    world.cuts("PO-7", to=5)
    world.cuts("PO-7", to=10, cause="supplier_early")
    world.settle()

    assert world.pegs("A") == [("PO-7", 6)]
    assert world.pegs("B") == [("PO-7", 4)]
    assert world.history("B") == [(day("12 Mar"), "")]


def test_a_second_slip_asks_anew_and_closes_the_first_question(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()
    first = world.open_case("A")
    assert first is not None

    world.slips("PO-7", to="30 Mar")
    world.settle()

    second = world.open_case("A")
    assert second is not None
    first.refresh_from_db()
    assert (first.closed_because, second.delay_no) == ("asked_anew", 2)
    with pytest.raises(CaseClosed):
        _answer_old(first.pk)


def _answer_old(case_id: int) -> None:
    from backorders import choosing
    from oms.kernel.actors import job

    choosing.record_choice(case_id=case_id, choice="wait", actor=job("test"))


def test_an_answer_that_was_not_offered_is_refused_and_changes_nothing(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()

    with pytest.raises(NotOffered):
        world.customer_chooses("A", "switch", alternative="STOOL")

    assert world.open_case("A") is not None
    assert not Choice.objects.exists()


def test_a_switch_ends_the_line_and_promises_the_alternative(world: World) -> None:
    world("""
        stock STOOL 9
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=world.sku("STOOL"))
    world.slips("PO-7", to="20 Mar")
    world.settle()

    world.customer_chooses("A", "switch", alternative="STOOL")
    world.settle()

    assert world.line("A", 1).open_qty == 0
    assert world.pegs("A", 2) == [("stock", 4)]
    assert world.line("A", 2).switched_from_id == world.line("A", 1).pk


def test_the_answer_may_be_changed_to_cancel_while_nothing_left(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()

    world.customer_chooses("A", "wait")
    world.customer_chooses("A", "cancel")

    assert world.line("A").cancelled_qty == 4
    assert list(Choice.objects.order_by("pk").values_list("choice", flat=True)) == ["wait", "cancel"]


def test_one_mail_for_two_lines_of_one_order_in_one_slip(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 2), ("CHAIR", 3))

    world.slips("PO-7", to="20 Mar")
    world.settle()

    assert world.told("A") == ["confirmation", "delay_notice"]


def test_lines_of_one_sku_that_ship_together_move_together(world: World) -> None:
    """The line that keeps its goods is told of the other's new day by the same pass, and only once."""
    world("""
        stock CHAIR 1
        po    PO-7  CHAIR 8 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 1), ("CHAIR", 8), ship_policy="complete")

    world.slips("PO-7", to="30 Mar")
    replanning.replan_marked()

    assert world.pegs("A", line=1) == [("stock", 1)]
    assert [on for on, _ in world.history("A", line=1)] == [day("12 Mar"), day("30 Mar")]
    assert world.history("A", line=2) == [(day("12 Mar"), ""), (day("30 Mar"), "supplier_late")]


def test_nobody_worse_ranked_is_served_from_what_a_cut_left_the_better(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)

    world.cuts("PO-7", to=5)
    world.settle()

    assert world.pegs("A") == [("PO-7", 5)]
    assert world.pegs("B") == []
