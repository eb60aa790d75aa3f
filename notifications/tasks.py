"""Jobs of this app: each calls one command."""

from celery import shared_task

from notifications import delivery


@shared_task(name="notifications.tasks.deliver_due")
def deliver_due() -> None:
    """Send what is due; nudged after commit, and each minute for what a crash or a failure left."""
    delivery.deliver_due()
