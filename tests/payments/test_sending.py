"""Through Stripe's own client to a simulator: captures, refunds and renewals, once whatever breaks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models.functions import Now

from backorders import collecting
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import DomainError
from oms.orders.models import Refund
from oms.payments import giving_back, sending, taking
from oms.payments.models import Payment, PaymentAccount, PaymentEffect
from tests.payments.stripe_simulator import Fault, StripeSimulator, error
from tests.payments.test_collecting import charged, order_of, pay
from tests.world import World, at

ANNA = user("anna")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own pauses between its tries are not what is tested."""
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.0)
    monkeypatch.setattr("stripe._http_client.HTTPClient.MAX_DELAY", 0.0)


def held(world: World, stripe: StripeSimulator, account: PaymentAccount, **more: Any) -> Payment:
    """Three chairs at 10, a hold of 30 at Stripe."""
    world("po PO-7 CHAIR 10 expected 12 Mar")
    stripe.hold("pi_1", 3000, **more)
    return pay(order_of(world, ("CHAIR", 3)), "30.00", account_id=account.pk)


def test_a_capture_is_sent_and_written_down(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    payment = held(world, stripe, account)

    done = sending.send_due()

    effect = payment.effects.get(kind="capture")
    assert done == 2
    assert (effect.state, effect.provider_id) == ("settled", "pi_1")
    assert stripe.intents["pi_1"]["amount_received"] == 3000
    assert sending.send_due() == 0


def test_the_provider_says_until_when_a_hold_lasts(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    charged(world, "at_ship")
    ends = int(datetime(2026, 3, 20, 12, tzinfo=UTC).timestamp())

    payment = held(world, stripe, account, ends=ends, saved=True)
    sending.send_due()

    payment.refresh_from_db()
    assert payment.expires_at == datetime(2026, 3, 20, 12, tzinfo=UTC)
    assert payment.may_renew


def test_a_part_is_captured_and_the_rest_stays_held(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    charged(world, "deposit", 20)
    payment = held(world, stripe, account)

    sending.send_due()

    payment.refresh_from_db()
    assert stripe.intents["pi_1"]["amount_capturable"] == 2400
    assert (payment.captured_amount, payment.authorised_amount) == (Decimal("6.00"), Decimal("30.00"))


def test_a_card_that_is_captured_once_loses_the_rest_and_a_person_knows(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    charged(world, "deposit", 20)
    stripe.multicapture = False
    payment = held(world, stripe, account)

    sending.send_due()

    payment.refresh_from_db()
    assert (payment.captured_amount, payment.authorised_amount) == (Decimal("6.00"), Decimal("6.00"))
    assert payment.needs_person == "The provider let go of the rest after the first capture."


def test_an_answer_that_is_lost_does_not_capture_twice(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    payment = held(world, stripe, account)
    PaymentEffect.objects.filter(kind="look_up").delete()
    stripe.faults = [Fault(is_drop=True)]

    sending.send_due()

    assert payment.effects.get(kind="capture").state == "settled"
    assert stripe.done("/v1/payment_intents/pi_1/capture") == 1
    assert stripe.intents["pi_1"]["amount_received"] == 3000


def test_a_sender_that_died_after_the_call_is_followed_by_one_that_does_nothing_twice(
    world: World, stripe: StripeSimulator, account: PaymentAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = held(world, stripe, account)
    PaymentEffect.objects.filter(kind="look_up").delete()

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(sending, "_keep", die)
        with pytest.raises(SystemExit):
            sending.send_due()
    left = payment.effects.get(kind="capture")
    PaymentEffect.objects.filter(pk=left.pk).update(claimed_at=Now() - timedelta(minutes=11))
    sending.send_due()

    assert left.state == "sending"
    assert payment.effects.get(kind="capture").state == "settled"
    assert stripe.done("/v1/payment_intents/pi_1/capture") == 1
    assert len({key for _, path, key in stripe.requests if path.endswith("capture")}) == 1


def test_a_provider_that_is_away_is_asked_again_later(
    world: World, stripe: StripeSimulator, account: PaymentAccount, frozen: clock.Journey
) -> None:
    payment = held(world, stripe, account)
    PaymentEffect.objects.filter(kind="look_up").delete()
    stripe.faults = [Fault(503)] * 3

    sending.send_due()
    effect = payment.effects.get(kind="capture")
    frozen.forward(timedelta(seconds=31))
    sending.send_due()

    assert (effect.state, effect.tries, effect.due_at) == ("queued", 1, at("2 Mar") + timedelta(seconds=30))
    assert payment.effects.get(kind="capture").state == "settled"


def test_too_many_requests_wait_as_long_as_told(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    payment = held(world, stripe, account)
    PaymentEffect.objects.filter(kind="look_up").delete()
    slow = Fault(429, {"Retry-After": "90"}, error("rate_limit_error", "Slow down.", "rate_limit"))
    stripe.faults = [slow] * 3

    sending.send_due()

    assert payment.effects.get(kind="capture").due_at == at("2 Mar") + timedelta(seconds=90)


def test_a_wrong_key_waits_for_a_person(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    stripe.key = "another"
    payment = held(world, stripe, account)

    sending.send_due()

    payment.refresh_from_db()
    assert payment.needs_person.startswith("The account refuses us: ")
    assert payment.effects.get(kind="capture").state == "queued"


def test_a_refused_capture_gives_its_claim_back_and_can_be_tried_again(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    payment = held(world, stripe, account)
    PaymentEffect.objects.filter(kind="look_up").delete()
    stripe.intents["pi_1"]["status"] = "canceled"

    sending.send_due()
    payment.refresh_from_db()
    refused = (payment.captured_amount, payment.needs_person.split(":")[0])
    stripe.intents["pi_1"]["status"] = "requires_capture"
    taking.try_again(payment_id=payment.pk)
    sending.send_due()

    payment.refresh_from_db()
    assert refused == (Decimal("0.00"), "Capture refused")
    assert (payment.captured_amount, payment.needs_person) == (Decimal("30.00"), "")


def test_a_refund_goes_out_by_itself_and_is_told_when_it_is_sent(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    held(world, stripe, account)
    sending.send_due()
    stripe.refund_status = "pending"

    world.cancels("A", 1)
    before = world.told("A").count("refund_sent")
    sending.send_due()

    assert Refund.objects.get().state == "sent"
    assert (before, world.told("A").count("refund_sent")) == (0, 1)
    assert [refund["amount"] for refund in stripe.refunds.values()] == [1000]


def test_a_refund_waits_for_a_person_where_the_account_says_so(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    account.sends_refunds = False
    account.save()
    held(world, stripe, account)
    sending.send_due()
    world.cancels("A", 1)
    sending.send_due()
    waited = dict(stripe.refunds)

    giving_back.send_through_provider(refund_id=Refund.objects.get().pk, actor=ANNA)
    sending.send_due()

    assert waited == {}
    assert Refund.objects.get().state == "settled"
    assert len(stripe.refunds) == 1


def test_nobody_sends_by_hand_what_the_provider_was_asked_for(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    held(world, stripe, account)
    sending.send_due()
    world.cancels("A", 1)
    PaymentEffect.objects.filter(kind="refund").update(state="sending")

    with pytest.raises(DomainError) as refusal:
        giving_back.send_by_hand(refund_id=Refund.objects.get().pk, actor=ANNA)

    assert refusal.value.code == "refund_being_sent"
    assert Refund.objects.get().state == "requested"


def test_a_refund_the_provider_refuses_is_owed_again_under_a_new_key(
    world: World, stripe: StripeSimulator, account: PaymentAccount
) -> None:
    held(world, stripe, account)
    sending.send_due()
    stripe.refund_status = "failed"
    world.cancels("A", 1)
    sending.send_due()
    failed = Refund.objects.get()

    stripe.refund_status = "succeeded"
    stripe.refunds.clear()
    giving_back.send_through_provider(refund_id=failed.pk, actor=ANNA)
    sending.send_due()

    keys = [key for _, path, key in stripe.requests if path == "/v1/refunds"]
    assert (failed.state, failed.failure) == ("failed", "lost_or_stolen_card")
    assert Refund.objects.get().state == "settled"
    assert keys == [keys[0], f"{keys[0]}:1"]


def test_a_hold_is_renewed_before_it_ends_and_the_new_one_pays(
    world: World, stripe: StripeSimulator, account: PaymentAccount, frozen: clock.Journey
) -> None:
    charged(world, "at_ship")
    old = held(world, stripe, account, ends=int(at("9 Mar").timestamp()), saved=True)
    sending.send_due()

    frozen.move_to(at("8 Mar"))
    renewed = collecting.renew_authorisations()
    sending.send_due()
    again = collecting.renew_authorisations()

    old.refresh_from_db()
    new = Payment.objects.get(replaces=old)
    assert (renewed, again, old.state) == (1, 0, "voided")
    assert (new.authorised_amount, new.state) == (Decimal("30.00"), "open")
    assert stripe.intents["pi_1"]["status"] == "canceled"
    assert world.told("A") == ["confirmation"]


def test_a_hold_the_bank_does_not_renew_is_asked_of_the_customer(
    world: World, stripe: StripeSimulator, account: PaymentAccount, frozen: clock.Journey
) -> None:
    charged(world, "at_ship")
    payment = held(world, stripe, account, ends=int(at("9 Mar").timestamp()), saved=True)
    sending.send_due()
    stripe.intents["pi_1"]["payment_method"] = "pm_declines"

    frozen.move_to(at("8 Mar"))
    collecting.renew_authorisations()
    sending.send_due()

    payment.refresh_from_db()
    assert payment.needs_person.startswith("Renew refused: ")
    assert world.told("A") == ["confirmation", "payment_ends"]


def test_keys_lie_encrypted_in_the_database(account: PaymentAccount) -> None:
    account.refresh_from_db()

    assert account.key == "sk_test_simulated"
    assert "sk_test" not in account.sealed_key
