"""Whether this process lives, and whether it can serve: database, migrations, broker."""

import logging
from collections.abc import Callable

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from oms.kernel import nudge

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers; asks nobody else, so a database outage does not restart it."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when every part answers, else 503 with the part that does not."""
    parts = {name: _word(name, probe) for name, probe in PROBES.items()}
    well = all(word == "ok" for word in parts.values())
    return JsonResponse({"status": "ok" if well else "failing", **parts}, status=200 if well else 503)


def _database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations_are_applied() -> None:
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError(f"{len(missing)} migrations are not applied")


PROBES: dict[str, Callable[[], None]] = {
    "database": _database_answers,
    "migrations": _migrations_are_applied,
    "broker": nudge.ping,
}


def _word(name: str, probe: Callable[[], None]) -> str:
    # A probe may fail in any way at all; the page must still say which part it was.
    try:
        probe()
    except Exception as error:
        logger.warning("health probe %s failed: %s", name, error)
        return "failing"
    return "ok"
