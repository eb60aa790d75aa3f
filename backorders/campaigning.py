"""Campaigns: the cases of one slip gathered, told, reminded once, stopped, and ended with the last answer."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from backorders.models import Campaign, DelayCase, Promise
from oms.kernel import bulk, clock
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, NotFound
from oms.kernel.nudge import nudge

Slip = tuple[str, str, date | None]
"""What moved, why, and where to."""

# One row per outcome, what became of the notice, and currency; the newest answer of a case counts.
_PROGRESS = """
SELECT coalesce(
           CASE WHEN a.is_silence THEN 'silent' ELSE a.choice END,
           CASE WHEN c.closed_at IS NULL THEN 'open' ELSE c.closed_because END) AS outcome,
       CASE WHEN m.state IN ('bounced', 'failed') AND EXISTS (
                     SELECT 1 FROM notifications_message s WHERE s.instead_of_id = m.id AND s.state = 'sent')
            THEN 'otherwise' ELSE coalesce(m.state, 'untold') END AS notice,
       o.currency, count(*), count(DISTINCT o.id), sum(p.qty * l.unit_price)
  FROM backorders_delaycase c
  JOIN backorders_promise p ON p.id = c.promise_id
  JOIN orders_orderline l ON l.id = c.order_line_id
  JOIN orders_order o ON o.id = l.order_id
  LEFT JOIN notifications_message m ON m.key = c.notice_key AND c.notice_key <> ''
  LEFT JOIN (SELECT DISTINCT ON (h.case_id) h.case_id, h.choice, h.is_silence
               FROM backorders_choice h JOIN backorders_delaycase k ON k.id = h.case_id
              WHERE k.campaign_id = %(campaign)s ORDER BY h.case_id, h.id DESC) a ON a.case_id = c.id
 WHERE c.campaign_id = %(campaign)s
 GROUP BY 1, 2, 3
"""
_ENTITLED = """
SELECT c.choices::text, c.silence_means, o.currency, count(*), sum(p.qty * l.unit_price), min(c.answer_by)
  FROM backorders_delaycase c
  JOIN backorders_promise p ON p.id = c.promise_id
  JOIN orders_orderline l ON l.id = c.order_line_id
  JOIN orders_order o ON o.id = l.order_id
 WHERE c.campaign_id = %s
 GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1
"""
_END = """
UPDATE backorders_campaign g SET ended_at = %s
 WHERE ended_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM backorders_delaycase c WHERE c.campaign_id = g.id AND c.closed_at IS NULL)
"""
_NOTICES = """
UPDATE notifications_message m SET state = %s
  FROM backorders_delaycase c
 WHERE c.campaign_id = %s AND c.closed_at IS NULL AND m.key = c.notice_key AND c.notice_key <> ''
   AND m.state = %s
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Cases of a campaign that fared alike: outcome, state of the notice, how many, their worth."""

    outcome: str
    notice: str
    currency: str
    lines: int
    orders: int
    value: Decimal


def gather(cases: Sequence[DelayCase]) -> None:
    """Give each of these cases, about to be told, the campaign of its slip; does not save them."""
    slips = _slips(cases)
    known = _open_campaigns(set(slips.values()))
    for case in cases:
        case.campaign_id = known[slips[case.pk]]


def hold_stopped(campaign_ids: Collection[int]) -> None:
    """Hold back what was just written for campaigns that are stopped."""
    stopped = Campaign.objects.filter(pk__in=campaign_ids, stopped_at__isnull=False)
    for campaign_id in stopped.values_list("pk", flat=True):
        _move_notices(campaign_id, "queued", "held")


def progress(campaign_id: int) -> list[Part]:
    """How a campaign stands, in one query however large it is."""
    with connection.cursor() as cursor:
        cursor.execute(_PROGRESS, {"campaign": campaign_id})
        return [Part(*row) for row in cursor.fetchall()]


def entitled(campaign_id: int) -> list[tuple[Any, ...]]:
    """Who may choose what: choices, what silence means, currency, lines, value, first deadline."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTITLED, [campaign_id])
        return list(cursor.fetchall())


@transaction.atomic
def remind(*, campaign_id: int, actor: Actor) -> Campaign:
    """Have everybody who has not answered asked once more; raises Conflict the second time, or when over."""
    going = Campaign.objects.filter(pk=campaign_id, ended_at=None, stopped_at=None, reminded_at=None)
    if not going.update(reminded_at=clock.now(), reminded_by=str(actor)):
        raise Conflict(_why_not(campaign_id, "reminded"), field="state")
    nudge("backorders.tasks.keep_told")
    return Campaign.objects.get(pk=campaign_id)


@transaction.atomic
def stop(*, campaign_id: int, actor: Actor) -> Campaign:
    """Hold back notices that have not left, and deadlines, until it goes on; Conflict when it is over."""
    going = Campaign.objects.filter(pk=campaign_id, ended_at=None, stopped_at=None)
    if not going.update(stopped_at=clock.now(), stopped_by=str(actor)):
        raise Conflict(_why_not(campaign_id, "stopped"), field="state")
    _move_notices(campaign_id, "queued", "held")
    return Campaign.objects.get(pk=campaign_id)


@transaction.atomic
def go_on(*, campaign_id: int, actor: Actor) -> Campaign:
    """Let a stopped campaign go on: what was held back leaves, deadlines move by as long as it stood."""
    campaign = Campaign.objects.filter(pk=campaign_id, ended_at=None, stopped_at__isnull=False).first()
    if campaign is None or campaign.stopped_at is None:
        raise Conflict(_why_not(campaign_id, "let go on"), field="state")
    stood_still = clock.now() - campaign.stopped_at
    mine = Campaign.objects.filter(pk=campaign_id, stopped_at=campaign.stopped_at)
    if not mine.update(stopped_at=None, stopped_by=str(actor)):
        raise Conflict("Somebody else let it go on just now.", field="state")
    DelayCase.objects.filter(campaign=campaign_id, closed_at=None).update(
        answer_by=F("answer_by") + stood_still
    )
    _move_notices(campaign_id, "held", "queued")
    nudge("notifications.tasks.deliver_due")
    campaign.refresh_from_db()
    return campaign


def end_finished() -> int:
    """End every campaign none of whose questions is open any more; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(_END, [clock.now()])
        return int(cursor.rowcount)


def _slips(cases: Iterable[DelayCase]) -> dict[int, Slip]:
    of_promise = {case.promise_id: case for case in cases}
    rows = Promise.objects.filter(pk__in=bulk.ids(of_promise)).values_list(
        "pk", "basis__slip", "order_line__sku__code"
    )
    return {of_promise[pk].pk: _slip(slip, of_promise[pk].cause, code) for pk, slip, code in rows}


def _slip(slip: Mapping[str, Any] | None, cause: str, sku: str) -> Slip:
    """The document that moved and its new day; the SKU alone where no document says so."""
    day = (slip or {}).get("expected_on")
    return ((slip or {}).get("reference") or sku, cause, date.fromisoformat(day) if day else None)


def _open_campaigns(slips: Collection[Slip]) -> dict[Slip, int]:
    now = clock.now()
    Campaign.objects.bulk_create(
        [Campaign(source=s, cause=c, expected_on=on, opened_at=now) for s, c, on in sorted(slips, key=str)],
        ignore_conflicts=True,
    )
    rows = Campaign.objects.filter(ended_at=None, source__in={source for source, _, _ in slips})
    return {(row.source, row.cause, row.expected_on): row.pk for row in rows}


def _move_notices(campaign_id: int, was: str, to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NOTICES, [to, campaign_id, was])


def _why_not(campaign_id: int, wanted: str) -> str:
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("There is no such campaign.")
    if campaign.ended_at:
        return f"This campaign is over; it cannot be {wanted}."
    if wanted == "reminded" and campaign.reminded_at:
        return "Its customers were reminded already: once is enough."
    return "This campaign is stopped." if campaign.stopped_at else "This campaign is not stopped."
