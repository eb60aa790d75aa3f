"""A world with a payment provider: Stripe's published behaviour, simulated on a loopback address."""

from collections.abc import Iterator

import pytest

from oms.kernel import clock
from oms.payments.models import PaymentAccount
from tests.payments.stripe_simulator import StripeSimulator
from tests.world import World


@pytest.fixture
def world(db: None, frozen: clock.Journey) -> Iterator[World]:
    """A world whose clock stands still; its books must balance when the test ends."""
    told = World()
    yield told
    assert told.books_balance()


@pytest.fixture
def stripe(settings: object) -> Iterator[StripeSimulator]:
    """A Stripe of our own."""
    with StripeSimulator() as simulator:
        settings.STRIPE_ADDRESS = simulator.address  # type: ignore[attr-defined]
        yield simulator


def account_of(stripe: StripeSimulator, *, sends_refunds: bool = True) -> PaymentAccount:
    """Our account there."""
    account = PaymentAccount(code="main", sends_refunds=sends_refunds)
    account.keep_key(stripe.key)
    account.keep_webhook_secret("whsec_simulated")
    account.save()
    return account


@pytest.fixture
def account(db: None, stripe: StripeSimulator) -> PaymentAccount:
    """Our account, whose refunds go out by themselves."""
    return account_of(stripe)
