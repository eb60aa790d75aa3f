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
from oms.orders import shipping
from oms.orders.drafts import CustomerDraft
from oms.orders.models import Cancellation, Order, Return
from oms.portal import private, withdraw_views
from tests.portal.visiting import Guest, order_link, text_of
from tests.world import ANNA, World

GUEST = Guest()
FIND = "/withdraw/"


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


def _review(address: str, **more: str) -> Any:
    return GUEST.sends(address, {**GUEST.fields(GUEST.get(address)), **more})


def _confirm(address: str, **more: str) -> Any:
    return GUEST.sends(address, {**GUEST.fields(_review(address, **more)), "confirmed": "yes"})


def _outcome() -> list[tuple[int, int, str]]:
    row = Withdrawal.objects.get()
    return [(part["line_no"], part["qty"], part["became"]) for part in row.outcome]


def _nothing_changed() -> bool:
    return not (Withdrawal.objects.exists() or Cancellation.objects.exists() or Return.objects.exists())


def _letter() -> Any:
    return Message.objects.filter(kind="withdrawal").latest("pk")


def test_the_order_page_leads_to_it_in_the_words_of_the_law(ordered: World) -> None:
    assert "Withdraw from contract here" in GUEST.reads(order_link(ordered, "A"))
    assert "8 not sent yet: cancelled at once." in GUEST.reads(_link(ordered))


def test_nothing_happens_before_it_is_confirmed(ordered: World) -> None:
    review = _review(_link(ordered))

    text = text_of(review)
    assert f"I withdraw from the contract: order {ordered.numbers['A']}" in text
    assert "8 × Chair" in text and "2 × Stool" in text and "Given by A" in text
    assert "Confirm withdrawal" in text
    assert _nothing_changed()


def test_what_was_not_sent_is_cancelled_at_once(ordered: World) -> None:
    done = _confirm(_link(ordered))

    assert done.status_code == 200
    row = Withdrawal.objects.get()
    assert f"Received on 2 March 2026, 08:00 (UTC), under number {row.pk}." in text_of(done)
    assert (row.state, row.wanted, row.order) == ("settled", {}, Order.objects.get())
    assert _outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]
    assert {(each.cause, each.qty) for each in Cancellation.objects.all()} == {
        ("withdrawal", 8),
        ("withdrawal", 2),
    }
    assert Order.objects.get().state == "cancelled"
    assert "Withdrawal from the contract, received 2 March 2026" in GUEST.reads(order_link(ordered, "A"))


def test_it_is_acknowledged_with_content_day_and_hour(ordered: World) -> None:
    _confirm(_link(ordered))

    mail = _letter()
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
def test_every_language_has_words_for_every_outcome(language: str, became: str) -> None:
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
    _confirm(_link(ordered), **{"qty-1": "3", "qty-2": "0"})

    assert _outcome() == [(1, 3, "cancelled")]
    assert (ordered.line("A", 1).open_qty, ordered.line("A", 2).open_qty) == (5, 2)
    assert Withdrawal.objects.get().wanted == {"1": 3}


@pytest.mark.parametrize("qty", ["0", "", "-1", "1.5", "x", "٣", "9" * 400])
def test_nothing_named_is_asked_again(ordered: World, qty: str) -> None:
    response = _review(_link(ordered), **{"qty-1": qty, "qty-2": "0"})

    assert (response.status_code, "at least one unit" in text_of(response)) == (422, True)
    assert _nothing_changed()


def test_more_than_there_is_means_all_of_it(ordered: World) -> None:
    _confirm(_link(ordered), **{"qty-1": "999", "qty-2": "0"})

    assert _outcome() == [(1, 8, "cancelled")]


def test_what_was_sent_comes_back_as_a_return(ordered: World) -> None:
    ordered.receives("PO-7", 10)
    ordered.settle()
    ordered.releases()
    ordered.ships("A")

    _confirm(_link(ordered), **{"qty-2": "0"})

    assert _outcome() == [(1, 8, "return")]
    back = Return.objects.get()
    assert (back.source, back.expected_on) == ("withdrawal", date(2026, 3, 16))
    assert [(line.line.line_no, line.qty) for line in back.lines.all()] == [(1, 8)]
    assert "please send it back" in render("withdrawal", "en", _letter().context).text
    assert _review(_link(ordered), **{"qty-1": "8"}).status_code in (200, 422)
    assert "8 × Chair" not in GUEST.reads(_link(ordered))


def test_what_the_warehouse_has_waits_until_it_is_given_back(ordered: World) -> None:
    link = _link(ordered)
    ordered.receives("PO-7", 10)
    ordered.settle()
    ordered.releases()

    _confirm(link, **{"qty-2": "0"})
    assert _outcome() == [(1, 8, "at_warehouse")]
    assert Withdrawal.objects.get().state == "waiting"
    assert withdrawing.settle_received() == 0

    for pick in ordered.picks("A"):
        shipping.give_back_pick(pick_id=pick.pk, cause="customer_request", actor=ANNA)
    assert withdrawing.settle_received() == 1

    assert _outcome() == [(1, 8, "cancelled")]
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
    _confirm(link, **{"qty-2": "0"})
    ordered.ships("A")

    withdrawing.settle_received()

    assert _outcome() == [(1, 8, "return")]
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


def test_made_to_order_is_excepted_only_where_the_policy_says_so(ordered: World) -> None:
    Demand.objects.filter(order_line=ordered.line("A", 1)).update(mode="made_to_order")
    assert "8 not sent yet" in GUEST.reads(_link(ordered))

    CancellationPolicy.objects.create(name="final", mode="made_to_order", self_cancel_until="never")

    assert "8 not sent yet" not in GUEST.reads(_link(ordered))
    _confirm(_link(ordered))
    assert _outcome() == [(1, 8, "excepted"), (2, 2, "cancelled")]


def test_no_policy_keeps_a_consumer_from_withdrawing(ordered: World) -> None:
    CancellationPolicy.objects.create(name="final", self_cancel_until="never")

    _confirm(_link(ordered))

    assert _outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]


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
    form = {**GUEST.fields(_review(link)), "confirmed": "yes"}

    first, second = GUEST.sends(link, form), GUEST.sends(link, form)

    assert (first.status_code, second.status_code) == (200, 422)
    assert "nothing in this order" in text_of(second)
    assert (Withdrawal.objects.count(), Cancellation.objects.count()) == (1, 2)


def test_a_form_of_somebody_elses_link_is_refused(ordered: World) -> None:
    ordered.orders("B", ("CHAIR", 1), country="DE")
    form = GUEST.fields(_review(f"{order_link(ordered, 'B')}withdraw/"))

    response = GUEST.sends(_link(ordered), {**form, "confirmed": "yes"})

    assert response.status_code == 403
    assert _nothing_changed()


def _typed(order: str, email: str = "a@example.org", **more: str) -> Any:
    return _confirm(FIND, order=order, email=email, name="Ada", **more)


def test_by_number_and_address_the_whole_order_is_withdrawn_from(ordered: World) -> None:
    done = _typed(f" {ordered.numbers['A'].lower()} ", "A@Example.org")
    assert Cancellation.objects.count() == 0
    assert withdrawing.settle_received() == 1

    assert "Your withdrawal is received" in text_of(done)
    assert _outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]
    assert _letter().recipient == "a@example.org"


def test_the_shops_own_number_will_do(ordered: World) -> None:
    Order.objects.update(external_id="4711")

    _typed("#4711")
    withdrawing.settle_received()

    assert Withdrawal.objects.get().order == Order.objects.get()


@pytest.mark.parametrize(
    ("order", "email"),
    [("SO-999999", "a@example.org"), ("{mine}", "b@example.org"), ("' OR 1=1 --", "a@example.net")],
)
def test_nobody_learns_whether_there_is_such_an_order(ordered: World, order: str, email: str) -> None:
    number = ordered.numbers["A"]
    found = text_of(_typed(number)).replace(number, "X").replace("a@example.org", "M")
    given = order.format(mine=number) if "{" in order else order

    missed = text_of(_typed(given, email)).replace(given, "X").replace(email, "M")

    pks = [str(pk) for pk in Withdrawal.objects.order_by("pk").values_list("pk", flat=True)]
    assert missed.replace(f"number {pks[1]}", "N") == found.replace(f"number {pks[0]}", "N")
    withdrawing.settle_received()
    states = list(Withdrawal.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["settled", "unmatched"]
    assert Message.objects.filter(kind="withdrawal").count() == 1


def test_it_is_as_much_work_whether_found_or_not(ordered: World) -> None:
    from tests.queries import queries_of

    forms = [
        {**GUEST.fields(_review(FIND, order=order, email="a@example.org")), "confirmed": "yes"}
        for order in (ordered.numbers["A"], "SO-0")
    ]

    counts = [len(queries_of(lambda form=form: GUEST.sends(FIND, form))) for form in forms]  # type: ignore[misc]

    assert counts[0] == counts[1]


def test_a_person_names_the_order_that_was_meant(ordered: World) -> None:
    _typed("my chairs")
    withdrawing.settle_received()
    row = Withdrawal.objects.get()
    assert (row.state, row.order) == ("unmatched", None)

    withdrawing.settle(withdrawal_id=row.pk, order=Order.objects.get())

    assert _outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]


def test_too_many_statements_are_slowed_down(db: None) -> None:
    answers = [_typed(f"SO-{number}").status_code for number in range(withdraw_views.statements.burst + 1)]

    assert answers == [200] * withdraw_views.statements.burst + [429]
    assert Withdrawal.objects.count() == withdraw_views.statements.burst


@pytest.mark.parametrize(
    "typed",
    [
        {"order": "", "email": "a@example.org"},
        {"order": "SO-1", "email": "nobody"},
        {"order": "SO\x00-1", "email": "a@example.org"},
        {"order": "x" * 81, "email": "a@example.org"},
    ],
)
def test_what_cannot_be_is_asked_again(db: None, typed: dict[str, str]) -> None:
    response = _review(FIND, **typed)

    assert (response.status_code, "Please give an order number" in text_of(response)) == (422, True)
    assert _nothing_changed()


def test_what_is_typed_is_only_words(db: None) -> None:
    page = _review(FIND, order="<script>x</script>", email="a@example.org", name='"><img src=x>')

    assert "<script" not in page.content.decode() and "<img" not in page.content.decode()


def test_a_form_without_our_stamp_is_refused(db: None) -> None:
    response = GUEST.sends(FIND, {"order": "SO-1", "email": "a@example.org", "confirmed": "yes"})

    assert response.status_code == 403
    assert _nothing_changed()


def test_a_statement_cannot_be_rewritten(ordered: World) -> None:
    _confirm(_link(ordered))

    for wish in ({"given_order": "SO-1"}, {"at": clock.now() + timedelta(days=1)}, {"wanted": {"1": 1}}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Withdrawal.objects.update(**wish)
    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.all().delete()


def test_the_words_of_the_law_in_each_language(db: None) -> None:
    said = {
        "de": "Vertrag hier widerrufen",
        "fr": "Se rétracter du contrat ici",
        "es": "Desistir del contrato aquí",
    }

    for language, words in said.items():
        assert words in text_of(GUEST.get(FIND, **{"accept-language": language}))
