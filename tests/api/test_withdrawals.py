"""/withdrawals/ and what returned goods bring back."""

from collections.abc import Callable
from typing import Any

import pytest

from backorders import shipped_law, withdrawing
from backorders.models import Withdrawal
from oms.kernel.actors import job
from oms.orders.models import Cancellation, Refund, Return
from tests.api.conftest import Client, Shop, refusal, settle
from tests.factories import ChannelFactory


@pytest.fixture
def waiting(shop: Shop) -> str:
    """A consumer in Germany waits for four lamps and has two chairs."""
    shipped_law.add_missing()
    shop.stock("CHAIR", 2)
    shop.purchase("PO-1", "LAMP", 5, "2026-03-12")
    body = shop.order_body("A-1", "LAMP", 4, country="DE")
    body["lines"].append({"sku": "CHAIR", "qty": 2, "unit_price": {"amount": "10.00", "currency": "EUR"}})
    number: str = shop.post("orders/", body)["number"]
    pick = shop.pick(number)
    shop.post("shipments/", {"external_id": "S-1", "pick_request": pick["number"]})
    return number


def test_staff_record_what_came_by_telephone(shop: Shop, waiting: str) -> None:
    made = shop.post(
        "withdrawals/",
        {"external_id": "W-1", "order": waiting, "given_name": "Ada", "received_at": "2026-03-02T08:00:00Z"},
    )

    assert (made["order"], made["state"], made["given_name"]) == (waiting, "settled", "Ada")
    assert made["lines"] == [
        {"line_no": 1, "qty": 4, "became": "cancelled"},
        {"line_no": 2, "qty": 2, "became": "return"},
    ]
    assert made["received_at"] == "2026-03-02T08:00:00Z"
    assert shop.api.get(f"withdrawals/{made['id']}/").body == made
    assert shop.api.get(f"withdrawals/?order={waiting}&state=settled").body["results"] == [made]
    assert (Cancellation.objects.get().qty, Return.objects.get().owes_refund) == (4, True)
    assert Withdrawal.objects.get().by.startswith("client:")


def test_the_same_statement_again_is_one(shop: Shop, waiting: str) -> None:
    body = {"external_id": "W-1", "order": waiting, "lines": [{"line_no": 1, "qty": 1}]}

    first, again = shop.post("withdrawals/", body), shop.post("withdrawals/", body)

    assert first["id"] == again["id"]
    assert (Withdrawal.objects.count(), Cancellation.objects.get().qty) == (1, 1)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"order": "SO-0"}, (422, "unknown_reference", "order")),
        ({"lines": [{"line_no": 9, "qty": 1}]}, (422, "unknown_reference", "lines[0].line_no")),
        ({"lines": [{"line_no": 1, "qty": 0}]}, (400, "invalid", "lines[0].qty")),
        ({"received_at": "2026-04-01T08:00:00Z"}, (400, "invalid", "received_at")),
        ({"received_at": "2026-02-01T08:00:00Z"}, (400, "invalid", "received_at")),
    ],
)
def test_a_statement_that_cannot_be_is_refused_whole(
    change: dict[str, Any], refused: tuple[int, str, str], shop: Shop, waiting: str
) -> None:
    response = shop.api.post("withdrawals/", {"external_id": "W-1", "order": waiting, **change})

    assert (refusal(response)[0], refusal(response)[2]) == (refused[0], refused[2])
    assert not (Withdrawal.objects.exists() or Cancellation.objects.exists() or Return.objects.exists())


def test_an_external_id_stands_for_one_order(shop: Shop, waiting: str) -> None:
    other = shop.order("A-2", "LAMP", 1, country="DE")["number"]
    shop.post("withdrawals/", {"external_id": "W-1", "order": waiting})

    taken = shop.api.post("withdrawals/", {"external_id": "W-1", "order": other})

    assert refusal(taken) == (422, "idempotency_mismatch", "external_id")
    assert Withdrawal.objects.count() == 1


def test_a_statement_without_an_order_is_given_one(shop: Shop, waiting: str) -> None:
    row = withdrawing.record(key="k", given_order="my lamps", given_email="x@y.org", actor=job("test"))
    withdrawing.settle(withdrawal_id=row.pk)
    assert shop.api.get(f"withdrawals/{row.pk}/").body["state"] == "unmatched"

    named = shop.post(f"withdrawals/{row.pk}/name-order/", {"order": waiting})
    again = shop.api.post(f"withdrawals/{row.pk}/name-order/", {"order": waiting})

    assert (named["state"], named["order"]) == ("settled", waiting)
    assert refusal(again) == (409, "withdrawal_settled", "order")


def test_others_see_and_record_nothing(shop: Shop, waiting: str, api_of: Callable[..., Client]) -> None:
    body = {"external_id": "W-1", "order": waiting}
    other = api_of("other", scopes=["service"], channel=ChannelFactory.create(code="SHOP2"))

    assert api_of("reader", scopes=["read"]).post("withdrawals/", body).status_code == 403
    assert other.post("withdrawals/", body).status_code == 422
    assert not Withdrawal.objects.exists()
    made = shop.post("withdrawals/", body)
    assert other.get(f"withdrawals/{made['id']}/").status_code == 404
    assert other.get("withdrawals/").body["results"] == []


def test_inspected_goods_are_paid_back_less_what_they_lost(shop: Shop, waiting: str) -> None:
    shop.post("withdrawals/", {"external_id": "W-1", "order": waiting, "lines": [{"line_no": 2, "qty": 2}]})
    back = shop.api.get("returns/").body["results"][0]
    assert (back["owes_refund"], back["state"]) == (True, "expected")
    line = {"line_no": 2, "good_qty": 1, "refund_qty": 2, "deduction": {"amount": "3.50", "currency": "EUR"}}

    done = shop.post(f"returns/{back['id']}/inspect/", {"lines": [line]})

    assert (done["lines"][0]["refund_qty"], done["lines"][0]["deduction"]) == (
        2,
        {"amount": "3.50", "currency": "EUR"},
    )
    refund = shop.api.get(f"refunds/?order={waiting}").body["results"][0]
    assert (refund["amount"], refund["cause"]) == ({"amount": "16.50", "currency": "EUR"}, "withdrawal")
    assert refund["due_on"] == "2026-03-16"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"refund_qty": 3}, "refund_qty"),
        ({"deduction": {"amount": "99.00", "currency": "EUR"}}, "deduction"),
        ({"deduction": {"amount": "1.00", "currency": "USD"}}, "lines[0].deduction.currency"),
    ],
)
def test_a_worth_that_cannot_be_is_refused(
    change: dict[str, Any], field: str, shop: Shop, waiting: str
) -> None:
    shop.post("withdrawals/", {"external_id": "W-1", "order": waiting, "lines": [{"line_no": 2, "qty": 2}]})
    back = shop.api.get("returns/").body["results"][0]

    response = shop.api.post(
        f"returns/{back['id']}/inspect/", {"lines": [{"line_no": 2, "good_qty": 2, **change}]}
    )

    assert refusal(response)[2] == field
    assert Return.objects.get().state == "expected"
    assert not Refund.objects.exists()


def test_a_return_pays_back_where_it_says_so(shop: Shop, waiting: str) -> None:
    lines = [{"line_no": 2, "qty": 1}]
    body = {"order": waiting, "expected_on": "2026-03-10", "lines": lines}
    plain = shop.post("returns/", {**body, "external_id": "R-1"})
    paid = shop.post("returns/", {**body, "external_id": "R-2", "refund": True})

    for each in (plain, paid):
        shop.post(f"returns/{each['id']}/inspect/", {"lines": [{"line_no": 2, "good_qty": 1}]})
    settle()

    assert list(Refund.objects.values_list("cause", "returned__external_id")) == [("returned", "R-2")]
