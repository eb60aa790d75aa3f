"""Opaque links to the customer's page: at least 128 random bits, of which only a hash is kept."""

import hashlib
import secrets
from collections.abc import Iterable

from django.conf import settings

from backorders.models import DelayCase

TOKEN_BYTES = 24


def issue(cases: Iterable[DelayCase]) -> dict[int, str]:
    """Give each unsaved case a token and return its link by the order line's id."""
    links: dict[int, str] = {}
    for case in cases:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        case.token_hash = hashed(token)
        links[case.order_line_id] = f"{settings.PUBLIC_URL}/c/{token}/"
    return links


def find(token: str) -> DelayCase | None:
    """The case a token belongs to, open or closed."""
    return DelayCase.objects.filter(token_hash=hashed(token)).first()


def hashed(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
