"""Hands who waits for a SKU to be back over to Klaviyo's own flow, where a shop wants it."""

import time

from django.db.models import Exists, OuterRef, Q

from backorders import watching
from oms.connectors.errors import Rejected, Unreachable
from oms.connectors.klaviyo.client import Klaviyo
from oms.connectors.models import KlaviyoAccount
from oms.orders.models import Channel

BATCH = 200
NO_ACCOUNT = "This shop has no active Klaviyo account."


def subscribe_due(account: KlaviyoAccount, klaviyo: Klaviyo, until: float) -> int:
    """Subscribe whoever asked at this account's shops; what Klaviyo refuses for good we tell ourselves.

    Raises Throttled and Unauthorized, which are the whole account's; what is unreachable waits a minute.
    """
    done = 0
    while time.monotonic() < until and (rows := watching.to_hand_over(channels=_whose(account), most=BATCH)):
        for row in rows:
            variant = account.variant.replace("{sku}", row.sku.code)
            try:
                klaviyo.subscribe_back_in_stock(email=row.email, variant=variant)
            except Rejected as error:
                watching.hand_over(row, refused=str(error))
            except Unreachable:
                return done
            else:
                watching.hand_over(row)
                done += 1
    return done


def take_back_unserved() -> int:
    """Tell ourselves what no account of Klaviyo could; gives how many."""
    if KlaviyoAccount.objects.filter(is_active=True, channel=None).exists():
        return 0
    served = KlaviyoAccount.objects.filter(is_active=True, channel=OuterRef("channel"))
    rows = watching.to_hand_over(channels=~Q(Exists(served)), most=BATCH)
    for row in rows:
        watching.hand_over(row, refused=NO_ACCOUNT)
    return len(rows)


def _whose(account: KlaviyoAccount) -> Q:
    if account.channel_id is not None:
        return Q(channel=account.channel_id)
    return ~Q(channel__in=Channel.objects.filter(klaviyo__is_active=True))
