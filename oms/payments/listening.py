"""What payment providers tell by webhook: the signature is checked at once, the news applied later."""

from collections.abc import Mapping

from django.db import transaction

from oms.kernel import clock
from oms.kernel.actors import Actor, ActorKind
from oms.orders.models import Refund
from oms.payments import giving_back, locks
from oms.payments.models import PaymentAccount, PaymentEffect
from oms.payments.providers import Misconfigured, provider_of

State = PaymentEffect.State


class Unknown(Exception):
    """No such account."""


class BadSignature(Exception):
    """The delivery does not come from the provider."""


class TooEarly(Exception):
    """News of something whose answer we have not written down yet: it is applied later."""


def check(account: str, body: bytes, headers: Mapping[str, str]) -> str:
    """The delivery's own id; raises Unknown or BadSignature."""
    found = PaymentAccount.objects.filter(code=account, is_active=True).first()
    if found is None or not found.sealed_key:
        raise Unknown
    if not found.sealed_webhook_secret:
        raise BadSignature
    try:
        return provider_of(found).read_webhook(body, headers)
    except Misconfigured as error:
        raise BadSignature from error


@transaction.atomic
def apply(account: str, body: str) -> None:
    """Bring a refund to where the provider says it is. The same news again changes nothing."""
    found = PaymentAccount.objects.get(code=account)
    news = provider_of(found).read_news(body)
    if news is None:
        return
    ours = PaymentEffect.objects.filter(kind=PaymentEffect.Kind.REFUND, payment__account=found)
    effect = ours.filter(provider_id=news.provider_id).first()
    if effect is None:
        if ours.filter(state=State.SENDING).exists():
            raise TooEarly(news.provider_id)
        # Made by hand in the provider's own pages.
        return
    locks.lock_order(effect.payment.order_id)
    effect.refresh_from_db()
    refund = Refund.objects.select_related("order__channel").get(pk=effect.refund_id or 0)
    if news.is_failed and effect.state in (State.SENT, State.SETTLED):
        effect.state, effect.error = State.FAILED, (news.why or "The provider says it failed.")[:300]
    elif news.is_settled and effect.state == State.SENT:
        effect.state, effect.settled_at = State.SETTLED, clock.now()
    else:
        return
    effect.save(update_fields=["state", "error", "settled_at"])
    giving_back.follow_effects(refund, by=str(Actor(ActorKind.CLIENT, account)))
