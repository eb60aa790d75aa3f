"""Webhooks: signed, kept once, applied after; Stripe's news of refunds."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from oms.connectors import inbox
from oms.connectors.models import Inbound
from oms.orders.models import Refund
from oms.payments import sending
from oms.payments.models import PaymentAccount
from tests.payments.conftest import account as account
from tests.payments.conftest import stripe as stripe
from tests.payments.conftest import world as world
from tests.payments.stripe_simulator import StripeSimulator
from tests.payments.test_sending import held
from tests.world import World

PATH = "/api/v1/connectors/stripe/webhook/main/"
Deliver = Callable[..., int]


@pytest.fixture
def deliver(stripe: StripeSimulator, client: Client) -> Deliver:
    """Stripe sends a webhook; gives the status."""

    def delivered(kind: str, thing: dict[str, Any], event_id: str = "evt_1", path: str = PATH) -> int:
        body, signature = stripe.signed(kind, thing, event_id=event_id)
        response = client.post(
            path, data=body, content_type="application/json", HTTP_STRIPE_SIGNATURE=signature
        )
        return response.status_code

    return delivered


@pytest.fixture
def sent(world: World, stripe: StripeSimulator, account: PaymentAccount) -> dict[str, Any]:
    """A refund on its way at Stripe."""
    held(world, stripe, account)
    sending.send_due()
    stripe.refund_status = "pending"
    world.cancels("A", 1)
    sending.send_due()
    (refund,) = stripe.refunds.values()
    return refund


def test_news_of_a_refund_settle_it(sent: dict[str, Any], deliver: Deliver) -> None:
    status = deliver("refund.updated", {**sent, "status": "succeeded"})
    before = Refund.objects.get().state

    assert (status, before, inbox.apply_inbound()) == (200, "sent", 1)
    assert Refund.objects.get().state == "settled"


def test_a_refund_the_bank_sends_back_is_owed_again(sent: dict[str, Any], deliver: Deliver) -> None:
    deliver("refund.failed", {**sent, "status": "failed", "failure_reason": "expired_or_canceled_card"})
    inbox.apply_inbound()

    refund = Refund.objects.get()
    assert (refund.state, refund.failure) == ("failed", "expired_or_canceled_card")


def test_the_same_delivery_is_kept_once(sent: dict[str, Any], deliver: Deliver) -> None:
    statuses = [deliver("refund.updated", {**sent, "status": "succeeded"}) for _ in range(5)]

    assert statuses == [200] * 5
    assert Inbound.objects.count() == 1


def test_news_that_come_twice_under_other_ids_change_nothing_more(
    sent: dict[str, Any], deliver: Deliver, world: World
) -> None:
    for number in range(3):
        deliver("refund.updated", {**sent, "status": "succeeded"}, f"evt_{number}")

    assert inbox.apply_inbound() == 3
    assert world.told("A").count("refund_sent") == 1


def test_a_wrong_signature_is_not_kept(account: PaymentAccount, client: Client) -> None:
    response = client.post(
        PATH, data=b"{}", content_type="application/json", HTTP_STRIPE_SIGNATURE="t=1,v1=beef"
    )

    assert response.status_code == 401
    assert not Inbound.objects.exists()


@pytest.mark.parametrize("path", ["stripe/webhook/other/", "paypal/webhook/main/"])
def test_an_unknown_account_is_not_there(account: PaymentAccount, deliver: Deliver, path: str) -> None:
    assert deliver("refund.updated", {}, path=f"/api/v1/connectors/{path}") == 404


def test_other_news_are_kept_and_change_nothing(sent: dict[str, Any], deliver: Deliver) -> None:
    deliver("customer.created", {"id": "cus_1"})

    assert inbox.apply_inbound() == 1
    assert Refund.objects.get().state == "sent"


def test_what_cannot_be_applied_waits_for_a_person(account: PaymentAccount, db: None) -> None:
    inbox.keep("stripe", "main", "evt_9", "no json")

    for _ in range(inbox.TRIES):
        inbox.apply_inbound()

    row = Inbound.objects.get()
    assert (row.state, row.tries) == ("failed", inbox.TRIES)
    assert row.error.startswith("JSONDecodeError")
