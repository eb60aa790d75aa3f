"""Telling customers of delays and of delays healed: one message per order, once all of it is planned."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from backorders import campaigning, telling, tokens
from backorders.locks import lock_cases
from backorders.models import DelayCase, Demand, ReplanRequest
from notifications.models import Message
from oms.kernel import bulk, clock

# A SKU whose re-plan is stuck must not keep the rest of its orders from being told.
WAITS_AT_MOST = timedelta(minutes=10)
AT_ONCE = 10_000
_UNTOLD = Q(closed_at=None, told_at=None)
_UNTHANKED = Q(is_relief_due=True)
_UNREMINDED = Q(
    closed_at=None,
    reminded_at=None,
    campaign__ended_at=None,
    campaign__stopped_at=None,
    told_at__lt=F("campaign__reminded_at"),
)


def tell_cases() -> int:
    """Write the notices that are due, in batches of their own transactions; returns how many orders."""
    told = 0
    while orders := _orders_to_tell():
        done = _tell(orders)
        told += done
        if not done or len(orders) < AT_ONCE:
            break
    return told


def remind_cases() -> int:
    """Ask once more whoever a reminded campaign waits for, in such batches; returns how many cases."""
    reminded = 0
    while done := _remind():
        reminded += done
        if done < AT_ONCE:
            break
    return reminded


def _orders_to_tell() -> list[int]:
    """Orders with something to tell, none of whose SKUs is still to be planned again."""
    due = DelayCase.objects.filter(_UNTOLD | _UNTHANKED)
    planned_yet = ReplanRequest.objects.values("sku_id")
    waiting = Demand.objects.filter(open_qty__gt=0, sku_id__in=planned_yet)
    ready = due.filter(
        Q(opened_at__lte=clock.now() - WAITS_AT_MOST)
        | ~Q(order_line__order__in=waiting.values("order_line__order"))
    )
    return list(ready.order_by().values_list("order_line__order_id", flat=True).distinct()[:AT_ONCE])


@transaction.atomic
def _tell(order_ids: Iterable[int]) -> int:
    cases = lock_cases(
        DelayCase.objects.filter(_UNTOLD | _UNTHANKED, order_line__order_id__in=list(order_ids))
    )
    new = [case for case in cases if case.closed_at is None and case.told_at is None]
    healed = [case for case in cases if case.is_relief_due]
    _ask(new)
    _relieve(healed)
    changed = ("told_at", "token_hash", "is_relief_due", "campaign_id", "notice_key")
    bulk.put(
        DelayCase, changed, {case.pk: [getattr(case, name) for name in changed] for case in (*new, *healed)}
    )
    campaigning.hold_stopped({case.campaign_id for case in new if case.campaign_id})
    return len({case.order_line.order_id for case in cases})


def _ask(cases: Sequence[DelayCase]) -> None:
    if not cases:
        return
    links = tokens.issue(cases)
    keys = telling.tell_delay(
        case_ids=[case.pk for case in cases], links={case.pk: links[case.order_line_id] for case in cases}
    )
    campaigning.gather(cases)
    now = clock.now()
    for case in cases:
        case.told_at, case.notice_key = now, keys[case.pk]


def _relieve(cases: Sequence[DelayCase]) -> None:
    """Tell that the delay is over, save to those whose notice never left the house."""
    for case in cases:
        case.is_relief_due = False
    never_left = _held_back(case.notice_key for case in cases)
    if told := {case.order_line_id for case in cases if case.notice_key not in never_left}:
        telling.tell_good_news(line_ids=told)


def _held_back(keys: Iterable[str]) -> Collection[str]:
    held = Message.objects.filter(key__in=[key for key in keys if key], state=Message.State.HELD)
    return set(held.values_list("key", flat=True))


@transaction.atomic
def _remind() -> int:
    ids = DelayCase.objects.filter(_UNREMINDED).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    cases = lock_cases(DelayCase.objects.filter(pk__in=bulk.ids(list(ids)), closed_at=None, reminded_at=None))
    if cases:
        telling.tell_delay(case_ids=[case.pk for case in cases], kind="delay_reminder")
        at = clock.now()
        bulk.put(DelayCase, ("reminded_at",), {case.pk: [at] for case in cases})
    return len(cases)


@transaction.atomic
def renew_link(message: Message) -> None:
    """Give a message that never arrived links that work: the first ones were forgotten when it was sent."""
    key = message.instead_of.key if message.instead_of else message.key
    cases = lock_cases(DelayCase.objects.filter(notice_key=key, closed_at=None))
    links = tokens.issue(cases)
    bulk.put(DelayCase, ("token_hash",), {case.pk: [case.token_hash] for case in cases})
    context = dict(message.context)
    if context.get("link"):
        context["link"] = links[cases[0].order_line_id] if cases else ""
    if context.get("order_link"):
        context["order_link"] = tokens.order_link(message.subject_ref)
    message.context = context
    Message.objects.filter(pk=message.pk).update(context=context)
