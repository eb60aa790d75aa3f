"""The seam to payment providers: what we ask of one, what it answers, and the ways in which it fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from oms.payments.models import PaymentAccount
from oms.payments.providers.errors import Away as Away
from oms.payments.providers.errors import Misconfigured as Misconfigured
from oms.payments.providers.errors import Refused as Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One movement of money; `key` makes the provider do it once, however often it is asked."""

    external_id: str
    amount: Decimal
    currency: str
    key: str
    is_last: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the provider did. `authorised` is what it holds and took in all, where it says so."""

    provider_id: str = ""
    is_settled: bool = False
    authorised: Decimal | None = None
    captured: Decimal | None = None
    expires_at: datetime | None = None
    may_renew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a provider's webhook tells: a refund (by its id) settled or failed."""

    provider_id: str
    is_settled: bool = False
    is_failed: bool = False
    why: str = ""


class Provider(Protocol):
    """One way to move money. Every method may raise Away, Refused or Misconfigured."""

    def look_up(self, ask: Ask) -> Outcome:
        """What the provider knows of a payment: amounts, its own expiry, whether it may be renewed."""
        ...

    def capture(self, ask: Ask) -> Outcome:
        """Take so much of an authorisation; `provider_id` names the capture."""
        ...

    def refund(self, ask: Ask) -> Outcome:
        """Give so much of a capture back."""
        ...

    def renew(self, ask: Ask) -> Outcome:
        """Authorise so much anew with what the customer left us; `provider_id` is the new payment."""
        ...

    def void(self, ask: Ask) -> Outcome:
        """Let go of an authorisation."""
        ...

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> str:
        """The delivery's own id; raises Misconfigured for a wrong signature."""
        ...

    def read_news(self, body: str) -> News | None:
        """What a delivery, checked before, tells of a refund; none if it is about something else."""
        ...


def provider_of(account: PaymentAccount) -> Provider:
    """The provider behind an account; people are the provider of payments without one."""
    return _MAKERS[account.provider](account)


def _stripe(account: PaymentAccount) -> Provider:
    # Loaded when first needed: the library is large, and most processes never send money.
    from oms.payments.providers.stripe import Stripe

    return Stripe(account)


_MAKERS: Mapping[str, Callable[[PaymentAccount], Provider]] = {PaymentAccount.Provider.STRIPE: _stripe}
