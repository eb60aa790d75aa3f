"""Jobs of this app: each calls one command."""

from celery import shared_task

from oms.connectors import inbox
from oms.connectors.klaviyo import sending


@shared_task
def apply_inbound() -> int:
    """Apply webhooks; nudged after each, and each minute for what failed."""
    return inbox.apply_inbound()


@shared_task
def tell_klaviyo() -> int:
    """Send touchpoints to Klaviyo as events."""
    return sending.tell_klaviyo()
