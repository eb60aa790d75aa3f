"""Jobs of this app: each calls one command."""

from celery import shared_task

from backorders import collecting
from oms.payments import sending


@shared_task
def send_due() -> int:
    """Ask providers for the money that has to move; nudged after commit, and each minute."""
    return sending.send_due()


@shared_task
def renew_authorisations() -> int:
    """Renew holds that would expire before the goods ship, or ask the customer."""
    return collecting.renew_authorisations()
