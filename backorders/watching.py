"""Back in stock: who asked to be told, and the waves in which they are, never larger than what came."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.db.models import F, Q, Sum

from backorders import composing, rulebook
from backorders.models import AtpRule, Demand, StockWatch, TellingPolicy, WatchWay
from backorders.rulebook import Rulebook
from backorders.rules.waves import wave_size
from inventory.models import Sku, Supply
from notifications import outbox
from notifications.outbox import NewMessage
from oms.kernel import bulk, clock
from oms.kernel.errors import InvalidValue
from oms.orders.models import Channel

# More are never told in one go; the next run goes on.
MOST_AT_ONCE = 20_000
DEFAULT_HOURS = 24


def watch(*, sku: Sku, channel: Channel, email: str, locale: str = "en") -> tuple[StockWatch, bool]:
    """Note that somebody wants to be told; gives the row and whether it is new. Raises InvalidValue."""
    if not email:
        raise InvalidValue("Whom shall we tell?", field="email")
    row, is_new = StockWatch.objects.get_or_create(
        sku=sku,
        channel=channel,
        email=email.lower(),
        told_at=None,
        defaults={"locale": locale, "created_at": clock.now()},
    )
    if row.handed_at:
        # Klaviyo may have told it since: only it knows, and the same subscription twice is one there.
        row.handed_at = None
        row.save(update_fields=["handed_at"])
    return row, is_new


def to_hand_over(*, channels: Q, most: int) -> list[StockWatch]:
    """The next requests of these channels that Klaviyo's own flow shall answer, oldest first."""
    rows = StockWatch.objects.filter(channels, told_at=None, handed_at=None, refused="")
    mine = rows.filter(channel_id__in=_theirs()).select_related("sku", "channel")
    return list(mine.order_by("id")[:most])


def hand_over(row: StockWatch, *, refused: str = "") -> None:
    """Note that Klaviyo has a request from now on, or why it does not take it."""
    fields: dict[str, Any] = {"refused": refused[:300]} if refused else {"handed_at": clock.now()}
    StockWatch.objects.filter(pk=row.pk, told_at=None).update(**fields)


def tell_waves() -> int:
    """Tell as many as what is free can serve, those who asked first before the others; gives how many."""
    open_watches = StockWatch.objects.filter(told_at=None, handed_at=None).exclude(
        channel_id__in=_theirs(), refused=""
    )
    free = _free_units(open_watches.values_list("sku_id", flat=True).distinct())
    # Read before counting who was told: of two runs at once the second finds its rows taken.
    rows = list(open_watches.filter(sku_id__in=free).select_related("sku").order_by("id")[:MOST_AT_ONCE])
    return _tell(_due(rows, free)) if rows else 0


def _theirs() -> list[int]:
    """The channels whose shoppers Klaviyo's own flow tells."""
    book = rulebook.current()
    if not any(policy.watch_way == WatchWay.KLAVIYO for policy in book.telling.values()):
        return []
    channels = Channel.objects.values_list("pk", flat=True)
    return [pk for pk in channels if book.telling_of(pk).watch_way == WatchWay.KLAVIYO]


def _free_units(sku_ids: Collection[int]) -> dict[int, int]:
    """Units on hand that nobody has claimed and no order waits for, of the SKUs that have any."""
    stock = Supply.objects.filter(
        sku_id__in=sku_ids, kind=Supply.Kind.STOCK, location__is_active=True, quantity__gt=F("pegged_qty")
    )
    free = Counter(
        dict(stock.order_by().values_list("sku_id").annotate(n=Sum(F("quantity") - F("pegged_qty"))))
    )
    short = Demand.objects.filter(sku_id__in=list(free), open_qty__gt=F("pegged_qty"))
    free.subtract(
        dict(short.order_by().values_list("sku_id").annotate(n=Sum(F("open_qty") - F("pegged_qty"))))
    )
    return {sku_id: qty for sku_id, qty in free.items() if qty > 0}


def _due(rows: Sequence[StockWatch], free: Mapping[int, int]) -> list[StockWatch]:
    book = rulebook.current()
    waiting: defaultdict[tuple[int, int], list[StockWatch]] = defaultdict(list)
    for row in rows:
        waiting[row.sku_id, row.channel_id].append(row)
    drops = _limited_drops()
    told = _told_lately({sku_id for sku_id, _ in waiting}, book)
    due: list[StockWatch] = []
    for (sku_id, channel_id), mine in waiting.items():
        policy = book.telling_of(channel_id)
        # A limited piece is offered to one person at a time.
        factor = Decimal(1) if _is_limited(mine[0].sku, drops) else policy.wave_factor
        size = wave_size(free_qty=free[sku_id], factor=factor, told_qty=told[sku_id], waiting_qty=len(mine))
        told[sku_id] += size
        due += mine[:size]
    return due


def _told_lately(sku_ids: Collection[int], book: Rulebook) -> Counter[int]:
    """How many heard of each SKU within the pause that its channel keeps between waves."""
    now = clock.now()
    longest = max([DEFAULT_HOURS, *(policy.wave_hours for policy in book.telling.values())])
    rows = StockWatch.objects.filter(sku_id__in=sku_ids, told_at__gt=now - timedelta(hours=longest))
    told: Counter[int] = Counter()
    for row in rows:
        since = now - timedelta(hours=book.telling_of(row.channel_id).wave_hours)
        told[row.sku_id] += row.told_at is not None and row.told_at > since
    return told


@transaction.atomic
def _tell(rows: Sequence[StockWatch]) -> int:
    now = clock.now()
    ids = bulk.ids([row.pk for row in rows])
    StockWatch.objects.filter(pk__in=ids, told_at=None).update(told_at=now)
    mine = StockWatch.objects.filter(pk__in=ids, told_at=now).select_related("sku", "channel")
    book = rulebook.current()
    drops, zone = _limited_drops(), composing.house_zone()
    messages = [_message(row, book.telling_of(row.channel_id), drops, zone) for row in mine]
    # The keys are for ever: whoever was told by another run at this very instant is not told again.
    outbox.tell(messages=messages)
    return len(messages)


def _limited_drops() -> list[AtpRule]:
    today = clock.now().date()
    return [
        rule
        for _, rule in rulebook.current().rules
        if rule.mode == AtpRule.Mode.LIMITED_DROP
        and (rule.sku_id or rule.category)
        and (rule.valid_from is None or rule.valid_from <= today)
        and (rule.valid_to is None or rule.valid_to >= today)
    ]


def _is_limited(sku: Sku, drops: Sequence[AtpRule]) -> bool:
    return any(rule.sku_id == sku.pk or (rule.category and rule.category == sku.category) for rule in drops)


def _message(row: StockWatch, policy: TellingPolicy, drops: Sequence[AtpRule], zone: str) -> NewMessage:
    now = clock.now()
    kind = "waitlist_offer" if _is_limited(row.sku, drops) else "back_in_stock"
    return NewMessage(
        key=f"{kind}:{row.pk}",
        kind=kind,
        recipient=row.email,
        locale=row.locale,
        subject_ref=row.sku.code,
        context={
            "shop": row.channel.name or row.channel.code,
            "title": row.sku.title or row.sku.code,
            "url": policy.product_url.replace("{sku}", quote(row.sku.code, safe="")),
            "until": composing.instant(now + timedelta(hours=policy.wave_hours), zone),
        },
        due_at=now,
    )
