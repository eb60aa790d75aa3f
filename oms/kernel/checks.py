"""System checks that refuse to start on a setting that would do silent harm."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]", ".localhost", "testserver"}
KNOWN_SECRETS = {"", "secret", "changeme", "change-me", "insecure", "default", "test"}
SHORTEST_SECRET = 32


def refuse_dangerous_settings() -> None:
    """For processes that do not run Django's checks themselves; raises `ImproperlyConfigured`."""
    if found := dangerous_settings():
        raise ImproperlyConfigured("; ".join(f"{error.id}: {error.msg}" for error in found))


@register
def all_settings(app_configs: Sequence[Any] | None, **_: Any) -> Iterable[CheckMessage]:
    """What `manage.py check` and every command runs."""
    return dangerous_settings()


def dangerous_settings() -> list[Error]:
    """Everything wrong, not only the first."""
    checks = (_aware_times, _zone, _debug_is_private, _own_secret, _only_postgres, _real_queue)
    return [error for check in checks for error in check()]


def _aware_times() -> Iterable[Error]:
    if not settings.USE_TZ:
        yield Error("USE_TZ is off: instants would lose their zone.", hint="Leave it on.", id="oms.E001")


def _zone() -> Iterable[Error]:
    try:
        ZoneInfo(settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        yield Error(f"TIME_ZONE {settings.TIME_ZONE!r} names no zone.", hint="Use UTC.", id="oms.E002")
        return
    if settings.TIME_ZONE != "UTC":
        hint = "Days belong to locations, each with its own zone."
        yield Error("TIME_ZONE must be UTC: instants are kept in it.", hint=hint, id="oms.E002")


def _debug_is_private() -> Iterable[Error]:
    public = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if settings.DEBUG and public:
        named = ", ".join(public)
        yield Error(f"DEBUG would show its pages to {named}.", hint="Switch DEBUG off.", id="oms.E003")


def _own_secret() -> Iterable[Error]:
    # Django raises by itself on an empty key, but only at first use.
    try:
        secret = settings.SECRET_KEY
    except ImproperlyConfigured:
        secret = ""
    if (
        secret.lower() in KNOWN_SECRETS
        or secret.startswith("django-insecure")
        or len(secret) < SHORTEST_SECRET
    ):
        hint = "Set SECRET_KEY to a random word of 50 characters."
        yield Error("SECRET_KEY is empty, short or a well-known default.", hint=hint, id="oms.E004")


def _only_postgres() -> Iterable[Error]:
    for alias, config in settings.DATABASES.items():
        if "postgresql" not in config["ENGINE"]:
            hint = "Row locks and CHECKs are the product: only PostgreSQL has them all."
            yield Error(f"Database {alias!r} is not PostgreSQL.", hint=hint, id="oms.E005")


def _real_queue() -> Iterable[Error]:
    if getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        hint = "Jobs would run inside the transaction that asks for them, under its locks."
        yield Error("CELERY_TASK_ALWAYS_EAGER is on.", hint=hint, id="oms.E006")
