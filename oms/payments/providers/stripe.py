"""Stripe through its official client: PaymentIntents captured by hand, refunds, signed webhooks."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import stripe
from django.conf import settings

from oms.payments.models import PaymentAccount
from oms.payments.providers import Ask, News, Outcome
from oms.payments.providers.errors import Away, Misconfigured, Refused

TRIES = 2
PATIENCE = 20.0
# Currencies without cents, and those with thousandths, as Stripe lists them.
ZERO_DECIMAL = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_FAILED = ("failed", "canceled")
T = TypeVar("T")


class Stripe:
    """Our account with Stripe."""

    def __init__(self, account: PaymentAccount) -> None:
        self.account = account
        if not account.sealed_key:
            raise Misconfigured(f"The account {account} has no key.")
        base: Any = {"api": settings.STRIPE_ADDRESS} if settings.STRIPE_ADDRESS else {}
        # The library repeats what failed on the way, under the same idempotency key.
        self.client = stripe.StripeClient(
            account.key,
            base_addresses=base,
            max_network_retries=TRIES,
            http_client=stripe.RequestsClient(timeout=PATIENCE),
        )

    def look_up(self, ask: Ask) -> Outcome:
        """Amounts and expiry of a PaymentIntent."""
        expand: Any = {"expand": ["latest_charge"]}
        return _of_intent(_mapped(lambda: self.client.v1.payment_intents.retrieve(ask.external_id, expand)))

    def capture(self, ask: Ask) -> Outcome:
        """Take so much; what is left stays held only where the card allows several captures."""
        params: Any = {
            "amount_to_capture": minor(ask.amount, ask.currency),
            "expand": ["latest_charge"],
        }
        if not ask.is_last:
            try:
                several = {**params, "final_capture": False}
                return self._capture(ask, several, key=ask.key)
            except Refused as refusal:
                # This card lets us capture once: take what shipped, the rest has to be authorised again.
                if refusal.code not in ("parameter_unknown", "payment_intent_multicapture_unsupported"):
                    raise
                return self._capture(ask, params, key=f"{ask.key}:once")
        return self._capture(ask, params, key=ask.key)

    def refund(self, ask: Ask) -> Outcome:
        """Give so much back, by the way it came."""
        params: Any = {"payment_intent": ask.external_id, "amount": minor(ask.amount, ask.currency)}
        made = _mapped(lambda: self.client.v1.refunds.create(params, {"idempotency_key": ask.key}))
        if made.status in _FAILED:
            raise Refused(made.failure_reason or f"The refund is {made.status}.", code=made.status or "")
        return Outcome(provider_id=made.id, is_settled=made.status == "succeeded")

    def renew(self, ask: Ask) -> Outcome:
        """A new PaymentIntent with the payment method the customer left with us."""
        old = _mapped(lambda: self.client.v1.payment_intents.retrieve(ask.external_id))
        params: Any = {
            "amount": minor(ask.amount, ask.currency),
            "currency": ask.currency.lower(),
            "customer": _id(old.customer),
            "payment_method": _id(old.payment_method),
            "capture_method": "manual",
            "confirm": True,
            "off_session": True,
            "expand": ["latest_charge"],
            "metadata": {"renews": ask.external_id},
        }
        made = _mapped(lambda: self.client.v1.payment_intents.create(params, {"idempotency_key": ask.key}))
        if made.status != "requires_capture":
            raise Refused(f"The bank wants the customer ({made.status}).", code=made.status or "")
        return _of_intent(made)

    def void(self, ask: Ask) -> Outcome:
        """Cancel a PaymentIntent of which nothing was captured."""
        options: Any = {"idempotency_key": ask.key}
        done = _mapped(lambda: self.client.v1.payment_intents.cancel(ask.external_id, {}, options))
        return Outcome(provider_id=done.id, is_settled=True)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Check the signature with the account's own secret; gives the event's id."""
        signature = headers.get("stripe-signature", "")
        try:
            event: Any = stripe.Webhook.construct_event(body, signature, self.account.webhook_secret)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise Misconfigured(f"The signature is wrong: {type(error).__name__}.") from error
        return str(event["id"])

    def read_news(self, body: str) -> News | None:
        """What became of a refund."""
        event = json.loads(body)
        return _news(str(event["type"]), event["data"]["object"])

    def _capture(self, ask: Ask, params: Any, *, key: str) -> Outcome:
        intents = self.client.v1.payment_intents
        return _of_intent(_mapped(lambda: intents.capture(ask.external_id, params, {"idempotency_key": key})))


def minor(amount: Decimal, currency: str) -> int:
    """An amount in the smallest unit of its currency, as Stripe counts."""
    return int((amount * _units(currency)).to_integral_value())


def major(units: int, currency: str) -> Decimal:
    """The other way."""
    return (Decimal(units) / _units(currency)).quantize(Decimal("0.01"))


def _units(currency: str) -> int:
    code = currency.upper()
    return 1 if code in ZERO_DECIMAL else 1000 if code in THREE_DECIMAL else 100


def _of_intent(intent: Any) -> Outcome:
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    taken = intent.amount_received or 0
    held = intent.amount_capturable or 0
    return Outcome(
        provider_id=intent.id,
        is_settled=intent.status == "succeeded",
        authorised=major(taken + held, intent.currency),
        captured=major(taken, intent.currency),
        expires_at=_expiry(charge) if held else None,
        may_renew=bool(intent.customer and intent.payment_method and intent.setup_future_usage),
    )


def _expiry(charge: Any) -> datetime | None:
    """Until when the card lets us capture: what the provider says, never a number of days of our own."""
    details = getattr(charge, "payment_method_details", None)
    card = getattr(details, "card", None) or getattr(details, "card_present", None)
    before = getattr(card, "capture_before", None)
    return datetime.fromtimestamp(before, UTC) if before else None


def _news(kind: str, thing: Any) -> News | None:
    if kind not in ("refund.updated", "refund.failed", "charge.refund.updated"):
        return None
    return News(
        provider_id=str(thing["id"]),
        is_settled=thing["status"] == "succeeded",
        is_failed=thing["status"] in _FAILED,
        why=str(thing.get("failure_reason") or ""),
    )


def _id(thing: Any) -> Any:
    return thing if thing is None or isinstance(thing, str) else thing.id


def _mapped(call: Callable[[], T]) -> T:
    """Do it, and turn the client's errors into the three that we know."""
    try:
        return call()
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Misconfigured(_words(error)) from error
    except stripe.RateLimitError as error:
        raise Away(_words(error), after=_retry_after(error)) from error
    except (stripe.CardError, stripe.IdempotencyError, stripe.InvalidRequestError) as error:
        if error.http_status == 409:
            raise Away(_words(error)) from error
        raise Refused(_words(error), code=error.code or "") from error
    except stripe.StripeError as error:
        raise Away(_words(error), after=_retry_after(error)) from error


def _words(error: stripe.StripeError) -> str:
    return str(error.user_message or type(error).__name__)


def _retry_after(error: stripe.StripeError) -> timedelta | None:
    told = str((error.headers or {}).get("retry-after", ""))
    return timedelta(seconds=int(told)) if told.isdigit() else None
