"""The withdrawal function: two steps, by link or by number, kept word for word and acknowledged by mail."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from backorders import shipped_law, withdrawing
from backorders.models import CancellationPolicy, Demand, Withdrawal
from notifications.models import Message
from notifications.rendering import render
from oms.kernel import clock
from oms.orders import delivering, shipping
from oms.orders.drafts import CustomerDraft
from oms.orders.models import Cancellation, Order, Return, Shipment
from oms.portal import private, withdraw_views
from tests.portal.visiting import Guest, order_link, text_of
from tests.world import ANNA, World

GUEST = Guest()


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    private.misses.forget()
    withdraw_views.statements.forget()


@pytest.fixture
def ordered(world: World) -> World:
    """A consumer in Germany waits for eight chairs; two stools are on the shelf."""
    shipped_law.add_missing()
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        stock STOOL 2
    """)
    world.orders("A", ("CHAIR", 8), ("STOOL", 2), country="DE")
    return world


def _link(world: World) -> str:
    return f"{order_link(world, 'A')}withdraw/"


def reviewed(address: str, **more: str) -> Any:
    return GUEST.sends(address, {**GUEST.fields(GUEST.get(address)), **more})


def confirm(address: str, **more: str) -> Any:
    return GUEST.sends(address, {**GUEST.fields(reviewed(address, **more)), "confirmed": "yes"})


def outcome() -> list[tuple[int, int, str]]:
    row = Withdrawal.objects.get()
    return [(part["line_no"], part["qty"], part["became"]) for part in row.outcome]


def nothing_changed() -> bool:
    return not (Withdrawal.objects.exists() or Cancellation.objects.exists() or Return.objects.exists())


def newest_letter() -> Any:
    return Message.objects.filter(kind="withdrawal").latest("pk")


def test_the_order_page_leads_to_it_in_the_words_of_the_law(ordered: World) -> None:
    assert "Withdraw from contract here" in GUEST.reads(order_link(ordered, "A"))
    assert "8 not sent yet: cancelled at once." in GUEST.reads(_link(ordered))


def test_nothing_happens_before_it_is_confirmed(ordered: World) -> None:
    review = reviewed(_link(ordered))

    text = text_of(review)
    assert f"I withdraw from the contract: order {ordered.numbers['A']}" in text
    assert "8 × Chair" in text and "2 × Stool" in text and "Given by A" in text
    assert "Confirm withdrawal" in text
    assert nothing_changed()


def test_what_was_not_sent_is_cancelled_at_once(ordered: World) -> None:
    done = confirm(_link(ordered))

    assert done.status_code == 200
    row = Withdrawal.objects.get()
    assert f"Received on 2 March 2026, 08:00 (UTC), under number {row.pk}." in text_of(done)
    assert (row.state, row.wanted, row.order) == ("settled", {}, Order.objects.get())
    assert outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]
    assert {(each.cause, each.qty) for each in Cancellation.objects.all()} == {
        ("withdrawal", 8),
        ("withdrawal", 2),
    }
    assert Order.objects.get().state == "cancelled"
    assert "Withdrawal from the contract, received 2 March 2026" in GUEST.reads(order_link(ordered, "A"))


def test_it_is_acknowledged_with_content_day_and_hour(ordered: World) -> None:
    confirm(_link(ordered))

    mail = newest_letter()
    letter = render(mail.kind, mail.locale, mail.context)

    assert mail.recipient == "a@example.org"
    number = ordered.numbers["A"]
    for words in (
        "this is the acknowledgement of your statement",
        "Declared: withdrawal from the contract",
        f"Order: {number}",
        "Given by: A",
        "Received: 2 March 2026, 08:00 (UTC)",
        "8 × Chair",
        "Now: cancelled, it will not be sent",
        "by 16 March 2026 at the latest",
    ):
        assert words in " ".join(letter.text.split())
    assert ordered.told("A").count("cancelled") == 1


@pytest.mark.parametrize("language", ["de", "fr", "es"])
@pytest.mark.parametrize(
    "became", ["cancelled", "at_warehouse", "return", "too_late", "excepted", "no_right"]
)
def test_every_language_has_words_for_everyoutcome(language: str, became: str) -> None:
    part = {"line_no": 1, "qty": 2, "became": became, "title": "Chair"}
    context = {
        **{"shop": "S", "name": "A", "order": "SO-1", "stated_order": "x", "stated_by": "A", "statement": 4},
        **{"is_whole": False, "lines": [part], "did": [became], "refund_by": "2026-03-16", "is_first": True},
        "at": {"at": "2026-03-02T08:00:00+00:00", "zone": "UTC"},
    }

    told, english = (render("withdrawal", each, context).text for each in (language, "en"))

    assert "2 × Chair" in told and "(SO-1)" in told
    assert len(told.splitlines()) > 10 and told != english


def test_a_part_is_withdrawn_from_and_the_rest_stays(ordered: World) -> None:
    confirm(_link(ordered), **{"qty-1": "3", "qty-2": "0"})

    assert outcome() == [(1, 3, "cancelled")]
    assert (ordered.line("A", 1).open_qty, ordered.line("A", 2).open_qty) == (5, 2)
    assert Withdrawal.objects.get().wanted == {"1": 3}


@pytest.mark.parametrize("qty", ["0", "", "-1", "1.5", "x", "٣", "9" * 400])
def test_nothing_named_is_asked_again(ordered: World, qty: str) -> None:
    response = reviewed(_link(ordered), **{"qty-1": qty, "qty-2": "0"})

    assert (response.status_code, "at least one unit" in text_of(response)) == (422, True)
    assert nothing_changed()


def test_more_than_there_is_means_all_of_it(ordered: World) -> None:
    confirm(_link(ordered), **{"qty-1": "999", "qty-2": "0"})

    assert outcome() == [(1, 8, "cancelled")]


def test_what_was_sent_comes_back_as_a_return(ordered: World) -> None:
    ordered.receives("PO-7", 10)
    ordered.settle()
    ordered.releases()
    ordered.ships("A")

    confirm(_link(ordered), **{"qty-2": "0"})

    assert outcome() == [(1, 8, "return")]
    back = Return.objects.get()
    assert (back.source, back.expected_on) == ("withdrawal", date(2026, 3, 16))
    assert [(line.line.line_no, line.qty) for line in back.lines.all()] == [(1, 8)]
    assert "please send it back" in render("withdrawal", "en", newest_letter().context).text
    assert reviewed(_link(ordered), **{"qty-1": "8"}).status_code in (200, 422)
    assert "8 × Chair" not in GUEST.reads(_link(ordered))


def test_what_the_warehouse_has_waits_until_it_is_given_back(ordered: World) -> None:
    link = _link(ordered)
    ordered.receives("PO-7", 10)
    ordered.settle()
    ordered.releases()

    confirm(link, **{"qty-2": "0"})
    assert outcome() == [(1, 8, "at_warehouse")]
    assert Withdrawal.objects.get().state == "waiting"
    assert withdrawing.settle_received() == 0

    for pick in ordered.picks("A"):
        shipping.give_back_pick(pick_id=pick.pk, cause="customer_request", actor=ANNA)
    assert withdrawing.settle_received() == 1

    assert outcome() == [(1, 8, "cancelled")]
    assert Withdrawal.objects.get().state == "settled"
    assert [
        mail.context["is_first"] for mail in Message.objects.filter(kind="withdrawal").order_by("pk")
    ] == [
        True,
        False,
    ]


def test_what_left_meanwhile_comes_back(ordered: World) -> None:
    link = _link(ordered)
    ordered.receives("PO-7", 10)
    ordered.settle()
    ordered.releases()
    confirm(link, **{"qty-2": "0"})
    ordered.ships("A")

    withdrawing.settle_received()

    assert outcome() == [(1, 8, "return")]
    assert Return.objects.count() == 1


def test_after_the_period_goods_that_came_cannot_be_withdrawn_from(
    ordered: World, frozen: clock.Journey
) -> None:
    ordered.receives("PO-7", 10)
    ordered.settle()
    ordered.releases()
    ordered.ships("A")
    # The parcel of 2 March is there the same day; the 14 days end on Monday, 16 March.
    frozen.move_to(clock.now() + timedelta(days=14))
    assert "Withdraw from contract here" in GUEST.reads(order_link(ordered, "A"))

    frozen.move_to(clock.now() + timedelta(days=1))

    assert "Withdraw from contract here" not in GUEST.reads(order_link(ordered, "A"))
    assert "nothing in this order that you could withdraw from" in GUEST.reads(_link(ordered))


def test_the_days_count_from_the_delivery_the_carrier_told(ordered: World, frozen: clock.Journey) -> None:
    link = _all_sent(ordered)
    frozen.move_to(clock.now() + timedelta(days=5))
    _delivered(ordered)
    # Delivered on Saturday, 7 March; 14 days end on a Saturday, so Monday, 23 March is the last.
    frozen.move_to(clock.now() + timedelta(days=16))
    assert "Withdraw from contract here" in GUEST.reads(link)

    frozen.move_to(clock.now() + timedelta(days=1))

    assert "Withdraw from contract here" not in GUEST.reads(link)


def test_a_confirmation_that_bounced_informs_nobody(ordered: World, frozen: clock.Journey) -> None:
    link = _all_sent(ordered)
    Message.objects.filter(kind="confirmation").update(state="bounced")

    frozen.move_to(clock.now() + timedelta(days=379))
    assert "Withdraw from contract here" in GUEST.reads(link)
    frozen.move_to(clock.now() + timedelta(days=1))
    assert "Withdraw from contract here" not in GUEST.reads(link)


def test_the_order_page_says_when_a_parcel_came_or_should_have(ordered: World) -> None:
    link = _all_sent(ordered)
    assert "Expected to arrive by 2 March 2026" in GUEST.reads(link)

    _delivered(ordered)

    assert "Delivered on 2 March 2026" in GUEST.reads(link)


def _all_sent(world: World) -> str:
    """Everything left, every mail too; gives the link to the order's page, which is not kept after that."""
    link = order_link(world, "A")
    world.receives("PO-7", 10)
    world.settle()
    world.releases()
    world.ships("A")
    world.settle()
    return link


def _delivered(world: World) -> None:
    for shipment in Shipment.objects.all():
        delivering.record_delivery(
            external_id=f"d{shipment.pk}",
            source="client:carrier",
            shipment_id=shipment.pk,
            delivered_at=clock.now(),
            actor=ANNA,
        )


def test_made_to_order_is_excepted_only_where_the_policy_says_so(ordered: World) -> None:
    Demand.objects.filter(order_line=ordered.line("A", 1)).update(mode="made_to_order")
    assert "8 not sent yet" in GUEST.reads(_link(ordered))

    CancellationPolicy.objects.create(name="final", mode="made_to_order", self_cancel_until="never")

    assert "8 not sent yet" not in GUEST.reads(_link(ordered))
    confirm(_link(ordered))
    assert outcome() == [(1, 8, "excepted"), (2, 2, "cancelled")]


def test_no_policy_keeps_a_consumer_from_withdrawing(ordered: World) -> None:
    CancellationPolicy.objects.create(name="final", self_cancel_until="never")

    confirm(_link(ordered))

    assert outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]


@pytest.mark.parametrize(
    ("country", "is_consumer", "is_offered"),
    [("DE", True, True), ("GB", True, True), ("US", True, False), ("DE", False, False)],
)
def test_who_may_withdraw(world: World, country: str, is_consumer: bool, is_offered: bool) -> None:
    shipped_law.add_missing()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    buyer = CustomerDraft(external_id="b", email="b@example.org", name="B", is_consumer=is_consumer)
    world.orders("A", ("CHAIR", 1), country=country, customer=buyer)

    assert ("Withdraw from contract here" in GUEST.reads(order_link(world, "A"))) is is_offered


def test_the_same_form_twice_is_one_statement(ordered: World) -> None:
    link = _link(ordered)
    form = {**GUEST.fields(reviewed(link)), "confirmed": "yes"}

    first, second = GUEST.sends(link, form), GUEST.sends(link, form)

    assert (first.status_code, second.status_code) == (200, 422)
    assert "nothing in this order" in text_of(second)
    assert (Withdrawal.objects.count(), Cancellation.objects.count()) == (1, 2)


def test_a_form_of_somebody_elses_link_is_refused(ordered: World) -> None:
    ordered.orders("B", ("CHAIR", 1), country="DE")
    form = GUEST.fields(reviewed(f"{order_link(ordered, 'B')}withdraw/"))

    response = GUEST.sends(_link(ordered), {**form, "confirmed": "yes"})

    assert response.status_code == 403
    assert nothing_changed()


def test_a_statement_cannot_be_rewritten(ordered: World) -> None:
    confirm(_link(ordered))

    for wish in ({"given_order": "SO-1"}, {"at": clock.now() + timedelta(days=1)}, {"wanted": {"1": 1}}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Withdrawal.objects.update(**wish)
    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.all().delete()
