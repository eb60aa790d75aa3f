"""The withdrawal function without a link: by order number and address, telling nobody what there is."""

from typing import Any

import pytest

from backorders import withdrawing
from backorders.models import Withdrawal
from notifications.models import Message
from oms.orders.models import Cancellation, Order
from oms.portal import withdraw_views
from tests.portal.test_withdrawing import GUEST, confirm, newest_letter, nothing_changed, outcome, reviewed
from tests.portal.test_withdrawing import nobody_asked_before as nobody_asked_before
from tests.portal.test_withdrawing import ordered as ordered
from tests.portal.visiting import text_of
from tests.queries import queries_of
from tests.world import World

FIND = "/withdraw/"


def _typed(order: str, email: str = "a@example.org", **more: str) -> Any:
    return confirm(FIND, order=order, email=email, name="Ada", **more)


def test_by_number_and_address_the_whole_order_is_withdrawn_from(ordered: World) -> None:
    done = _typed(f" {ordered.numbers['A'].lower()} ", "A@Example.org")
    assert Cancellation.objects.count() == 0
    assert withdrawing.settle_received() == 1

    assert "Your withdrawal is received" in text_of(done)
    assert outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]
    assert newest_letter().recipient == "a@example.org"


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
    forms = [
        {**GUEST.fields(reviewed(FIND, order=order, email="a@example.org")), "confirmed": "yes"}
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

    assert outcome() == [(1, 8, "cancelled"), (2, 2, "cancelled")]


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
    response = reviewed(FIND, **typed)

    assert (response.status_code, "Please give an order number" in text_of(response)) == (422, True)
    assert nothing_changed()


def test_what_is_typed_is_only_words(db: None) -> None:
    page = reviewed(FIND, order="<script>x</script>", email="a@example.org", name='"><img src=x>')

    assert "<script" not in page.content.decode() and "<img" not in page.content.decode()


def test_a_form_without_our_stamp_is_refused(db: None) -> None:
    response = GUEST.sends(FIND, {"order": "SO-1", "email": "a@example.org", "confirmed": "yes"})

    assert response.status_code == 403
    assert nothing_changed()


def test_the_words_of_the_law_in_each_language(db: None) -> None:
    said = {
        "de": "Vertrag hier widerrufen",
        "fr": "Se rétracter du contrat ici",
        "es": "Desistir del contrato aquí",
    }

    for language, words in said.items():
        assert words in text_of(GUEST.get(FIND, **{"accept-language": language}))
