"""Klaviyo's API, the few calls we need: events singly and in bulk, profiles, back-in-stock."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpx
from django.conf import settings
from pyrate_limiter import Duration, Limiter, Rate

from oms.connectors.errors import Rejected, Throttled, Unauthorized, Unreachable

ADDRESS = "https://a.klaviyo.com"
REVISION = "2026-07-15"
PATIENCE = 20.0
MOST_EVENTS = 1000
MOST_PROFILES = 10_000
MOST_BYTES = 5_000_000
WHEN_UNTOLD = timedelta(seconds=60)
# Burst and steady limits of an account, as the specification says them for each call.
RATES = {
    "/api/events": (350, 3500),
    "/api/event-bulk-create-jobs": (10, 150),
    "/api/profile-import": (75, 750),
    "/api/profile-bulk-import-jobs": (10, 150),
    "/api/back-in-stock-subscriptions": (350, 3500),
}


class Klaviyo:
    """One account's connection; use it as a context manager."""

    def __init__(self, key: str) -> None:
        self.http = httpx.Client(
            base_url=settings.KLAVIYO_ADDRESS or ADDRESS,
            timeout=PATIENCE,
            headers={
                "Authorization": f"Klaviyo-API-Key {key}",
                "revision": REVISION,
                "Accept": "application/vnd.api+json",
                "Content-Type": "application/vnd.api+json",
            },
        )
        self.limiters = {
            path: Limiter([Rate(burst, Duration.SECOND), Rate(steady, Duration.MINUTE)])
            for path, (burst, steady) in RATES.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def create_event(self, event: Mapping[str, Any]) -> None:
        """Record one event; the same `unique_id` again is taken and recorded once."""
        self._post("/api/events", {"data": event})

    def create_events(self, profiles: Sequence[Mapping[str, Any]]) -> None:
        """Record many events by profile. A `unique_id` that is known already fails them all."""
        job = {
            "type": "event-bulk-create-job",
            "attributes": {"events-bulk-create": {"data": list(profiles)}},
        }
        self._post("/api/event-bulk-create-jobs", {"data": job})

    def import_profile(self, attributes: Mapping[str, Any]) -> None:
        """Make or change a profile; consent is never changed by it."""
        self._post("/api/profile-import", {"data": {"type": "profile", "attributes": dict(attributes)}})

    def import_profiles(self, profiles: Sequence[Mapping[str, Any]]) -> None:
        """The same for up to `MOST_PROFILES` at once; Klaviyo takes them in when it can."""
        rows = [{"type": "profile", "attributes": dict(profile)} for profile in profiles]
        job = {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": rows}}}
        self._post("/api/profile-bulk-import-jobs", {"data": job})

    def subscribe_back_in_stock(self, *, email: str, variant: str) -> None:
        """Let Klaviyo's own back-in-stock flow tell a shopper; `variant` is the shop's catalogue id."""
        profile = {"data": {"type": "profile", "attributes": {"email": email}}}
        subscription = {
            "type": "back-in-stock-subscription",
            "attributes": {"channels": ["EMAIL"], "profile": profile},
            "relationships": {"variant": {"data": {"type": "catalog-variant", "id": variant}}},
        }
        self._post("/api/back-in-stock-subscriptions", {"data": subscription})

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        self.limiters[path].try_acquire(path)
        try:
            response = self.http.post(path, json=body)
        except httpx.HTTPError as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        _judge(response)


def _judge(response: httpx.Response) -> None:
    """Nothing for success; else the failure in our terms."""
    status = response.status_code
    if response.is_success:
        return
    words = f"{status}: {_said(response)}"
    if status == 429:
        raise Throttled(words, after=_after(response))
    if status in (401, 403):
        raise Unauthorized(words)
    if status >= 500 or status == 408:
        raise Unreachable(words)
    raise Rejected(words)


def _said(response: httpx.Response) -> str:
    """The details of a JSON:API answer, as far as it is one."""
    try:
        errors = response.json()["errors"]
        told = [_detail(error) for error in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return response.text[:200]
    return "; ".join(told)[:250]


def _detail(error: Mapping[str, Any]) -> str:
    pointer = (error.get("source") or {}).get("pointer") or ""
    return f"{error.get('detail') or error.get('title') or error.get('code')} {pointer}".strip()


def _after(response: httpx.Response) -> timedelta:
    told = response.headers.get("Retry-After", "")
    return timedelta(seconds=int(told)) if told.isdigit() else WHEN_UNTOLD
