"""Takes the messages that Klaviyo tells and sends their events: in bulk at first, singly after a failure."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from notifications import routing, secrecy
from notifications.models import Attempt, Message
from notifications.rendering import Rendered
from oms.connectors import locks
from oms.connectors.errors import Rejected, Throttled, Unauthorized, Unreachable
from oms.connectors.klaviyo import events, subscribing
from oms.connectors.klaviyo.client import MOST_BYTES, MOST_EVENTS, Klaviyo
from oms.connectors.models import KlaviyoAccount
from oms.kernel import bulk, clock
from oms.kernel.errors import InvalidValue
from oms.kernel.nudge import nudge
from oms.orders.models import Order

logger = logging.getLogger(__name__)

BATCH = 200
TRIES = 8
LEASE = timedelta(minutes=5)
UNTIL_MENDED = timedelta(minutes=15)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=2)
ABANDONED_AFTER = timedelta(minutes=10)
SENDER_DIED = "The sender died; nobody knows whether this was sent."
State = Message.State


def tell_klaviyo(*, seconds: float = 200) -> int:
    """Send what is due of every account; gives how many messages were accepted. May run at once."""
    take_back_abandoned()
    _mail_what_nobody_tells()
    subscribing.take_back_unserved()
    until = time.monotonic() + seconds
    return sum(_tell_all(account, until) for account in _ready())


@transaction.atomic
def take_back_abandoned() -> int:
    """Queue again what a dead sender claimed; sent singly from now on, so its ids make it happen once."""
    stale = locks.lock_abandoned(older_than=ABANDONED_AFTER)
    _keep_tries(stale, SENDER_DIED)
    return Message.objects.filter(pk__in=[row.pk for row in stale]).update(state=State.QUEUED)


def _ready() -> Sequence[KlaviyoAccount]:
    now = clock.now()
    rows = KlaviyoAccount.objects.filter(is_active=True).exclude(sealed_key="").exclude(paused_until__gt=now)
    return list(rows)


def _tell_all(account: KlaviyoAccount, until: float) -> int:
    """Everything due of one account, by one sender at a time so that its limits are kept."""
    free = KlaviyoAccount.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=Now()), pk=account.pk, is_active=True
    )
    if not free.update(leased_until=Now() + LEASE):
        return 0
    accepted = 0
    try:
        with Klaviyo(account.key) as klaviyo:
            while time.monotonic() < until and (batch := _claim(account)):
                accepted += _send(account, klaviyo, batch)
                KlaviyoAccount.objects.filter(pk=account.pk).update(leased_until=Now() + LEASE)
                account.refresh_from_db()
                if account.paused_until and account.paused_until > clock.now():
                    return accepted
            subscribing.subscribe_due(account, klaviyo, until)
    except Throttled as error:
        _pause(account, error.after, "")
    except Unauthorized as error:
        _pause(account, UNTIL_MENDED, str(error))
    except InvalidValue as error:
        _pause(account, UNTIL_MENDED, error.message)
    finally:
        KlaviyoAccount.objects.filter(pk=account.pk).update(leased_until=None)
    return accepted


def _whose(account: KlaviyoAccount) -> Q:
    """Messages about orders of the account's shop; of the account for all others, of shops without one."""
    orders = Order.objects.filter(number=OuterRef("subject_ref"))
    if account.channel_id is not None:
        return Q(Exists(orders.filter(channel=account.channel_id)))
    return ~Q(Exists(orders.filter(channel__klaviyo__is_active=True)))


def _claim(account: KlaviyoAccount) -> list[Message]:
    with transaction.atomic(durable=True):
        rows = locks.lock_messages(_whose(account), at=clock.now(), most=BATCH)
        ids = [row.pk for row in rows]
        Message.objects.filter(pk__in=ids).update(state=State.SENDING, claimed_at=Now())
    found = Message.objects.filter(pk__in=ids).prefetch_related("attempts")
    return list(found.order_by("due_at", "id"))


def _send(account: KlaviyoAccount, klaviyo: Klaviyo, batch: Sequence[Message]) -> int:
    """Send a batch; a whole account's failure puts back what is left of it."""
    fresh = [row for row in batch if not row.attempts.all()]
    in_bulk = fresh if len(fresh) > 1 else []
    singly = [row for row in batch if row not in in_bulk]
    left = {row.pk: row for row in batch}
    accepted = 0
    try:
        for rows in _parts(in_bulk):
            done = _try_bulk(klaviyo, rows)
            singly += [] if done else rows
            accepted += _accepted(rows, left) if done else 0
        for row in singly:
            accepted += _try_one(klaviyo, row, left)
    except Throttled as error:
        _pause(account, error.after, "")
    except Unauthorized as error:
        _pause(account, UNTIL_MENDED, str(error))
    Message.objects.filter(pk__in=list(left), state=State.SENDING).update(state=State.QUEUED)
    return accepted


def _try_bulk(klaviyo: Klaviyo, rows: Sequence[Message]) -> bool:
    """Whether all were taken; if not, each is tried by itself, which its ids make safe."""
    try:
        klaviyo.create_events([events.in_bulk(row, events.events_of(row)) for row in rows])
    except (Rejected, Unreachable) as error:
        logger.warning("klaviyo: %s messages in bulk failed: %s", len(rows), error)
        return False
    return True


def _try_one(klaviyo: Klaviyo, row: Message, left: dict[int, Message]) -> int:
    try:
        if not row.recipient:
            raise Rejected("There is no address to tell this to.")
        for event in events.events_of(row):
            klaviyo.create_event(events.single(row, event))
    except Rejected as error:
        _refused(row, str(error))
    except Unreachable as error:
        _later(row, str(error))
    else:
        return _accepted([row], left)
    left.pop(row.pk, None)
    return 0


def _parts(rows: Sequence[Message]) -> Iterator[list[Message]]:
    """Cut into what one request may hold."""
    part: list[Message] = []
    count = size = 0
    for row in rows:
        made = events.events_of(row)
        length = len(json.dumps(events.in_bulk(row, made)))
        if part and (count + len(made) > MOST_EVENTS or size + length > MOST_BYTES - 1000):
            yield part
            part, count, size = [], 0, 0
        part, count, size = [*part, row], count + len(made), size + length
    if part:
        yield part


@transaction.atomic
def _accepted(rows: Sequence[Message], left: dict[int, Message]) -> int:
    now = clock.now()
    for row in rows:
        told = json.dumps([event.properties for event in events.events_of(row)], indent=1, ensure_ascii=False)
        metrics = ", ".join(dict.fromkeys(event.metric for event in events.events_of(row)))
        Message.objects.filter(pk=row.pk).exclude(state=State.SENT).update(
            state=State.SENT,
            sent_at=now,
            provider_id="klaviyo",
            subject=metrics[:200],
            **secrecy.without_links(row, Rendered(metrics, told, "")),
        )
        left.pop(row.pk, None)
    bulk.insert(Attempt, [Attempt(message=row, at=now, is_accepted=True) for row in rows])
    return len(rows)


@transaction.atomic
def _refused(row: Message, why: str) -> None:
    """A dead letter: a person sees it, and what only Klaviyo would have told goes by our own mail."""
    _keep_tries([row], why)
    Message.objects.filter(pk=row.pk).update(state=State.FAILED)
    _mail_instead([row])


@transaction.atomic
def _later(row: Message, why: str) -> None:
    tries = len(row.attempts.all()) + 1
    if tries >= TRIES:
        _refused(row, why)
        return
    _keep_tries([row], why)
    due_at = clock.now() + _pause_before(tries)
    Message.objects.filter(pk=row.pk).update(state=State.QUEUED, due_at=due_at)


def _pause_before(tries: int) -> timedelta:
    return min(LONGEST_PAUSE, FIRST_PAUSE * int(4 ** (tries - 1)))


def _pause(account: KlaviyoAccount, span: timedelta, needs_person: str) -> None:
    until: datetime = clock.now() + span
    KlaviyoAccount.objects.filter(pk=account.pk).update(paused_until=until, needs_person=needs_person[:300])


def _keep_tries(rows: Sequence[Message], why: str) -> None:
    now = clock.now()
    bulk.insert(Attempt, [Attempt(message=row, at=now, is_accepted=False, error=why[:500]) for row in rows])


def _mail_what_nobody_tells() -> None:
    """Messages for Klaviyo of shops that have no account go by our own mail after all."""
    if KlaviyoAccount.objects.filter(is_active=True, channel=None).exists():
        return
    orders = Order.objects.filter(number=OuterRef("subject_ref"), channel__klaviyo__is_active=True)
    with transaction.atomic():
        rows = locks.lock_messages(~Q(Exists(orders)), at=clock.now(), most=BATCH)
        _keep_tries(rows, "This shop has no active Klaviyo account.")
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.FAILED)
        _mail_instead(rows)


def _mail_instead(rows: Sequence[Message]) -> None:
    """Our own mail, unless the message is a copy beside one already."""
    alone = [row for row in rows if not row.key.endswith("#klaviyo")]
    if alone:
        bulk.insert_unknown(Message, [routing.copy_of(row, channel="email") for row in alone])
        nudge("notifications.tasks.deliver_due")
