"""Payments and refunds over REST: registered, listed, moved; other clients' are not there."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oms.orders.models import Channel, Order, Refund
from oms.payments.models import Payment
from tests.api.conftest import Client, Shop, refusal
from tests.factories import PaymentFactory, RefundFactory
from tests.queries import same_queries

PAYMENT = {"external_id": "pi_1", "amount": {"amount": "30.00", "currency": "EUR"}}


@pytest.fixture
def order(shop: Shop) -> Any:
    """Three chairs at 10, on backorder."""
    shop.purchase("PO-7", "CHAIR", 10, "2026-03-12")
    return shop.order("A", "CHAIR", 3)


def paid(shop: Shop, order: Any, **more: Any) -> Any:
    return shop.post("payments/", {**PAYMENT, "order": order["number"], "captured": True, **more})


def test_a_payment_is_registered_and_read(shop: Shop, order: Any) -> None:
    body = {**PAYMENT, "order": order["number"], "expires_at": "2026-03-20T12:00:00Z", "method": "card"}

    made = shop.post("payments/", body)

    assert made == {
        "id": Payment.objects.get().pk,
        "external_id": "pi_1",
        "order": order["number"],
        "account": None,
        "method": "card",
        "state": "open",
        "authorised": {"amount": "30.00", "currency": "EUR"},
        "captured": {"amount": "30.00", "currency": "EUR"},
        "refunded": {"amount": "0.00", "currency": "EUR"},
        "expires_at": "2026-03-20T12:00:00Z",
        "may_renew": False,
        "needs_person": "",
        "registered_at": "2026-03-02T08:00:00Z",
    }
    assert shop.api.get(f"payments/{made['id']}/").body == made
    assert shop.api.get(f"payments/?order={order['number']}").body["results"] == [made]


def test_the_same_payment_again_is_a_replay(shop: Shop, order: Any) -> None:
    first = paid(shop, order)

    again = shop.api.post("payments/", {**PAYMENT, "order": order["number"], "captured": True})

    assert (again.body, again["Idempotent-Replay"]) == (first, "true")
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"amount": "-1"}, (400, "amount", "amount")),
        ({"amount": "0.00"}, (400, "invalid", "amount")),
        ({"amount": {"amount": "30.00", "currency": "USD"}}, (400, "invalid", "amount.currency")),
        ({"account": "nowhere"}, (422, "unknown_reference", "account")),
        ({"order": "SO-0"}, (422, "unknown_reference", "order")),
        ({"expires_at": "soon"}, (400, "invalid", "expires_at")),
        ({"captured": "yes"}, (400, "invalid", "captured")),
        ({"colour": "red"}, (400, "unknown_field", "colour")),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    shop: Shop, order: Any, change: dict[str, Any], answer: tuple[int, str, str]
) -> None:
    response = shop.api.post("payments/", {**PAYMENT, "order": order["number"], **change})

    assert refusal(response) == answer
    assert not Payment.objects.exists()


def test_an_order_brings_its_payment(shop: Shop) -> None:
    shop.purchase("PO-7", "CHAIR", 10, "2026-03-12")

    order = shop.order("A", "CHAIR", 3, payment={**PAYMENT, "method": "card"})

    payment = Payment.objects.get()
    assert (payment.order.number, payment.captured_amount) == (order["number"], Decimal(30))


def test_an_order_whose_payment_is_wrong_is_refused_whole(shop: Shop) -> None:
    shop.purchase("PO-7", "CHAIR", 10, "2026-03-12")
    wrong = {"external_id": "pi_1", "amount": {"amount": "30.00", "currency": "USD"}}

    response = shop.api.post("orders/", shop.order_body("A", "CHAIR", 3, payment=wrong))

    assert refusal(response) == (400, "invalid", "payment.amount.currency")
    assert not Order.objects.exists()
    assert not Payment.objects.exists()


def test_another_channels_order_is_not_there(shop: Shop, order: Any, api_of: Callable[..., Client]) -> None:
    made = paid(shop, order)
    other = api_of("other", ["orders"], channel=Channel.objects.create(code="ELSE"))

    assert other.get(f"payments/{made['id']}/").status_code == 404
    assert other.get("payments/").body["results"] == []
    response = other.post("payments/", {**PAYMENT, "order": order["number"]})
    assert refusal(response) == (422, "unknown_reference", "order")


@pytest.mark.parametrize("path", ["payments/", "refunds/"])
def test_a_key_without_the_scope_may_not(path: str, shop: Shop, api_of: Callable[..., Client]) -> None:
    reader = api_of("reader", ["read"])

    assert reader.post(path, {}).status_code == 403
    assert reader.get(path).status_code == 200


def test_a_refund_goes_its_way(shop: Shop, order: Any) -> None:
    paid(shop, order)
    shop.post(
        f"orders/{order['number']}/cancellations/", {"line_no": 1, "qty": 1, "cause": "customer_request"}
    )
    (owed,) = shop.api.get("refunds/?state=requested").body["results"]

    sent = shop.post(f"refunds/{owed['id']}/sent/", {})
    failed = shop.post(f"refunds/{owed['id']}/fail/", {"note": "account closed"})
    again = shop.post(f"refunds/{owed['id']}/sent/", {})
    settled = shop.post(f"refunds/{owed['id']}/settle/", {})

    assert (owed["amount"], owed["line_no"], owed["qty"], owed["due_on"]) == (
        {"amount": "10.00", "currency": "EUR"},
        1,
        1,
        "2026-03-09",
    )
    states = [step["state"] for step in (sent, failed, again, settled)]
    assert states == ["sent", "failed", "sent", "settled"]
    assert failed["failure"] == "account closed"


@pytest.mark.parametrize("step", ["settle", "send"])
def test_a_step_out_of_order_is_refused(step: str, shop: Shop, order: Any) -> None:
    paid(shop, order)
    shop.post(f"orders/{order['number']}/cancellations/", {"cause": "customer_request"})
    refund = Refund.objects.get()

    response = shop.api.post(f"refunds/{refund.pk}/{step}/", {})

    assert response.status_code == 409
    assert Refund.objects.get().state == "requested"


def test_a_refund_is_asked_for_within_what_was_captured(shop: Shop, order: Any) -> None:
    paid(shop, order)
    body = {
        "external_id": "r-1",
        "order": order["number"],
        "amount": "5.00",
        "cause": "other",
        "note": "sorry",
    }

    made = shop.post("refunds/", body)
    over = shop.api.post("refunds/", {**body, "external_id": "r-2", "amount": "25.01"})

    assert (made["amount"]["amount"], made["note"], made["line_no"]) == ("5.00", "sorry", None)
    assert refusal(over) == (422, "over_refund", "amount")
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(("path", "factory"), [("payments/", PaymentFactory), ("refunds/", RefundFactory)])
def test_a_list_takes_as_many_queries_for_30_rows_as_for_3(path: str, factory: Any, api: Client) -> None:
    def prepared(rows: int) -> Callable[[], object]:
        factory.create_batch(rows)
        return lambda: api.get(f"{path}?limit=100")

    api.get(path)
    assert same_queries(prepared) <= 6
