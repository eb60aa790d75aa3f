"""Opaque links to the customer's pages: at least 128 random bits, of which only a hash is kept."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import connection

from backorders.models import DelayCase, OrderLink
from notifications.outbox import NewMessage
from oms.kernel import clock

TOKEN_BYTES = 24
ORDER_LINK_IS_GOOD_FOR = timedelta(days=730)
"""Longer than any right under the contract: the longest, of withdrawal, ends after 13 months."""
_OPEN_LINKS = """
INSERT INTO backorders_orderlink (order_id, token_hash, issued_at)
SELECT orders_order.id, given.token_hash, %s
FROM unnest(%s::text[], %s::text[]) AS given (number, token_hash)
JOIN orders_order ON orders_order.number = given.number
"""


def issue(cases: Iterable[DelayCase]) -> dict[int, str]:
    """Give each unsaved case a token and return its link by the order line's id."""
    links: dict[int, str] = {}
    for case in cases:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        case.token_hash = hashed(token)
        links[case.order_line_id] = f"{settings.PUBLIC_URL}/c/{token}/"
    return links


def with_order_links(messages: Sequence[NewMessage]) -> list[NewMessage]:
    """The same messages, each with a link of its own to the page of the order it is about."""
    if not messages:
        return []
    given = {message.key: secrets.token_urlsafe(TOKEN_BYTES) for message in messages}
    with connection.cursor() as cursor:
        numbers = [message.subject_ref for message in messages]
        hashes = [hashed(given[message.key]) for message in messages]
        cursor.execute(_OPEN_LINKS, [clock.now(), numbers, hashes])
    return [
        replace(message, context={**message.context, "order_link": order_address(given[message.key])})
        for message in messages
    ]


def order_link(number: str) -> str:
    """One more link to the page of an order."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_LINKS, [clock.now(), [number], [hashed(token)]])
    return order_address(token)


def order_address(token: str) -> str:
    """Where the page behind a token of an order is."""
    return f"{settings.PUBLIC_URL}/o/{token}/"


def find_order(token: str) -> OrderLink | None:
    """The link with this token, unless it was revoked or is too old."""
    found = OrderLink.objects.filter(token_hash=hashed(token), revoked_at=None)
    fresh = found.filter(issued_at__gt=clock.now() - ORDER_LINK_IS_GOOD_FOR)
    return fresh.select_related("order__channel", "order__customer").first()


def find(token: str) -> DelayCase | None:
    """The case a token belongs to, open or closed."""
    return DelayCase.objects.filter(token_hash=hashed(token)).first()


def name_of(token: str) -> str:
    """How the history names the link that was used: enough of its hash to find it, which opens nothing."""
    return f"link:{hashed(token)[:12]}"


def hashed(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
