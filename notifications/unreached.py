"""What the law wants told and reached nobody: said to whoever knows another way to its customer."""

from collections.abc import Collection

from notifications.kinds import LEGAL
from notifications.models import Message
from oms.kernel import events
from oms.kernel.actors import job

BY = str(job("deliver messages"))


def publish(message_ids: Collection[int]) -> None:
    """Publish each of these messages that the law wants told, in the transaction that marks them."""
    legal = Message.objects.filter(pk__in=list(message_ids), kind__in=LEGAL).exclude(channel="klaviyo")
    rows = legal.order_by("pk").values_list("pk", "subject_ref")
    events.publish_all([events.NoticeUnreached(by=BY, subject=number, message_id=pk) for pk, number in rows])
