"""Buttons on orders and lines: they work, they refuse as the API does, the right people have them."""

from collections.abc import Callable

import pytest
from django.db.models import Model

from backorders import shipped_law
from backorders.models import Backorder, Choice, Withdrawal
from oms.groups import BUYER, SERVICE, WAREHOUSE
from oms.orders.models import Cancellation, Order, OrderLine, Refund
from tests.admin.conftest import Desk, Hire, refusal
from tests.factories import AlternativeFactory, OrderFactory, RefundFactory
from tests.world import World

Nobody = Callable[[Model, str], None]


@pytest.fixture
def waiting(world: World) -> OrderLine:
    """Eight chairs promised from a purchase."""
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    return world.line("SO-1")


def test_cancelling_an_order_frees_its_claims(world: World, waiting: OrderLine, desk: Desk) -> None:
    response = desk.presses(waiting.order, "cancel", cause="fraud", note="stolen card")

    assert response.status_code == 302
    made = Cancellation.objects.get()
    assert (made.qty, made.cause, made.note, made.by) == (8, "fraud", "stolen card", "user:anna")
    assert world.pegs("SO-1") == []
    assert Order.objects.get().state == Order.State.CANCELLED


def test_a_withdrawal_by_telephone_is_recorded(world: World, desk: Desk, hire: Hire) -> None:
    shipped_law.add_missing()
    world("po PO-7 CHAIR 10 expected 12 May")
    world.orders("DE", ("CHAIR", 8), country="DE")
    world.orders("US", ("CHAIR", 1), country="US")
    line = world.line("DE")
    form = {"received_on": "2026-03-02", "given_name": "Ada", "once": "admin-1", f"qty_{line.pk}": 3}

    nothing = desk.presses(line.order, "withdraw", **{**form, f"qty_{line.pk}": 0})
    early = desk.presses(line.order, "withdraw", **{**form, "received_on": "2027-03-02"})
    for _ in range(2):
        desk.presses(line.order, "withdraw", **form)

    assert refusal(nothing) == "Say of at least one line how many units."
    assert refusal(early) == "This instant has not come yet."
    assert (Withdrawal.objects.get().given_name, Withdrawal.objects.get().by) == ("Ada", "user:anna")
    assert (Cancellation.objects.get().qty, Cancellation.objects.get().by) == (3, "user:anna")
    assert "withdraw" not in desk.offers(world.line("US").order)
    assert "withdraw" not in hire(WAREHOUSE).offers(line.order)


def test_part_of_a_line_is_cancelled(world: World, waiting: OrderLine, desk: Desk) -> None:
    desk.presses(waiting, "cancel", qty=3, cause="customer_request", note="")

    assert world.line("SO-1").open_qty == 5
    assert world.pegs("SO-1") == [("PO-7", 5)]


def test_more_than_is_open_is_refused_on_the_field(world: World, waiting: OrderLine, desk: Desk) -> None:
    response = desk.presses(waiting, "cancel", qty=9, cause="customer_request", note="")

    assert response.context["form"].errors["qty"] == [f"Only 8 of {waiting} is open."]  # type: ignore[attr-defined]
    assert world.line("SO-1").open_qty == 8
    assert not Cancellation.objects.exists()


def test_a_cancellation_needs_a_cause(waiting: OrderLine, desk: Desk) -> None:
    response = desk.presses(waiting.order, "cancel")

    assert refusal(response) == "This field is required."
    assert not Cancellation.objects.exists()


def test_an_order_that_is_done_offers_no_buttons(desk: Desk) -> None:
    assert desk.offers(OrderFactory.create(state=Order.State.CLOSED)) == []


def test_a_button_of_yesterdays_page_is_refused_in_words(waiting: OrderLine, desk: Desk) -> None:
    desk.presses(waiting.order, "cancel", cause="fraud", note="")

    response = desk.presses(waiting.order, "cancel", cause="fraud", note="")

    assert refusal(response) == f"Nothing is open on {waiting.order}."
    assert Cancellation.objects.count() == 1


def test_an_order_is_held_and_let_go_on(waiting: OrderLine, desk: Desk) -> None:
    order = waiting.order
    before = desk.offers(order)

    desk.presses(order, "hold", cause="unpaid")
    held = desk.offers(order)
    desk.presses(order, "unhold", cause="other")

    assert (before, held) == (["hold", "cancel"], ["unhold", "cancel"])
    assert Order.objects.get().state == Order.State.ACCEPTED


@pytest.mark.parametrize("slug", ["cancel", "hold"])
def test_who_may_only_look_sees_no_order_button(slug: str, waiting: OrderLine, nobody: Nobody) -> None:
    nobody(waiting.order, slug)

    assert Order.objects.get().state == Order.State.ACCEPTED


def test_each_trade_has_its_own_buttons(waiting: OrderLine, hire: Hire) -> None:
    assert hire(SERVICE).offers(waiting) == ["cause", "keep", "cancel"]
    assert hire(BUYER).offers(waiting) == ["cause"]
    assert hire(WAREHOUSE).offers(waiting) == []


def test_a_cause_is_corrected_with_history(waiting: OrderLine, desk: Desk) -> None:
    desk.presses(waiting, "cause", cause="channel_oversell", note="sold twice on the fair")

    backorder = Backorder.objects.get()
    assert backorder.cause == "channel_oversell"
    assert backorder.tags.values_list("by", "note").first() == ("user:anna", "sold twice on the fair")
    assert backorder.tags.count() == 2


def test_a_cause_that_does_not_exist_is_refused(waiting: OrderLine, desk: Desk) -> None:
    was = Backorder.objects.get().cause

    response = desk.presses(waiting, "cause", cause="bad_luck", note="")

    assert "bad_luck is not one of the available choices" in refusal(response)
    assert Backorder.objects.get().cause == was


@pytest.fixture
def asked(world: World, waiting: OrderLine) -> OrderLine:
    """The purchase slips: the customer is asked."""
    AlternativeFactory.create(sku=waiting.sku, alternative=world.sku("STOOL"))
    world.slips("PO-7", to="30 May")
    world.settle()
    return world.line("SO-1")


def test_an_answer_by_phone_is_recorded_and_acted_on(world: World, asked: OrderLine, desk: Desk) -> None:
    assert "answer" in desk.offers(asked)

    desk.presses(asked, "answer", choice="cancel")

    answer = Choice.objects.get()
    assert (answer.choice, answer.by, answer.is_silence) == ("cancel", "user:anna", False)
    assert world.line("SO-1").open_qty == 0
    assert "answer" not in desk.offers(asked)


def test_a_switch_names_the_article(world: World, asked: OrderLine, desk: Desk) -> None:
    response = desk.presses(asked, "answer", choice="switch")

    assert refusal(response) == "Say which article the customer takes instead."
    assert not Choice.objects.exists()


def test_the_case_has_the_same_button(world: World, asked: OrderLine, desk: Desk) -> None:
    case = world.open_case("SO-1")
    assert case is not None

    desk.presses(case, "answer", choice="wait")

    assert Choice.objects.get().choice == "wait"


def test_a_refund_that_was_sent_is_told_to_the_customer(world: World, waiting: OrderLine, desk: Desk) -> None:
    world.cancels("SO-1")
    refund = Refund.objects.get()

    desk.presses(refund, "sent")

    assert Refund.objects.get().state == Refund.State.SENT
    assert world.told("SO-1")[-1] == "refund_sent"
    assert desk.offers(refund) == ["settle", "fail"]


def test_a_refund_is_sent_once(desk: Desk, nobody: Nobody) -> None:
    refund = RefundFactory.create(state=Refund.State.SENT)

    response = desk.presses(refund, "sent")

    assert "it cannot become sent" in refusal(response)
    nobody(refund, "sent")
