"""Webhooks: signature checked, raw body stored first, then 200; applied afterwards by a job."""

import logging
from collections.abc import Callable, Mapping

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from oms.connectors import locks
from oms.connectors.models import Inbound
from oms.kernel import clock
from oms.kernel.nudge import nudge
from oms.payments import listening
from oms.payments.listening import BadSignature, Unknown

logger = logging.getLogger(__name__)

BATCH = 50
TRIES = 8
LONGEST_BODY = 1_000_000


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, kind: str, account: str) -> HttpResponse:
    """Keep one delivery. 404 for an unknown account, 401 for a wrong signature; nothing is kept then."""
    if kind not in CHECKS:
        return _answer(404, "not_found")
    if len(request.body) > LONGEST_BODY:
        return _answer(413, "too_large")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        delivery_key = CHECKS[kind](account, request.body, headers)
        body = request.body.decode()
    except Unknown:
        return _answer(404, "not_found")
    except (BadSignature, UnicodeDecodeError):
        return _answer(401, "bad_signature")
    with transaction.atomic():
        keep(kind, account, delivery_key, body)
    return _answer(200, "kept")


def keep(kind: str, account: str, delivery_key: str, body: str) -> None:
    """Store a delivery unless it is here already, and have it applied soon."""
    row = Inbound(
        kind=kind, account=account, delivery_key=delivery_key[:160], body=body, received_at=clock.now()
    )
    Inbound.objects.bulk_create([row], ignore_conflicts=True)
    nudge("oms.connectors.tasks.apply_inbound")


def apply_inbound() -> int:
    """Apply what came in until nothing is left; gives how many were applied. A failing one is tried again."""
    done = 0
    while batch := _apply_some():
        done += batch
    return done


@transaction.atomic
def try_again(inbound_id: int) -> None:
    """Have a failed delivery applied once more."""
    Inbound.objects.filter(pk=inbound_id, state=Inbound.State.FAILED).update(
        state=Inbound.State.QUEUED, tries=0, error=""
    )
    nudge("oms.connectors.tasks.apply_inbound")


@transaction.atomic
def _apply_some() -> int:
    batch = locks.lock_inbound(most=BATCH)
    done = 0
    for row in batch:
        try:
            with transaction.atomic():
                APPLIES[row.kind](row.account, row.body)
            row.state, row.applied_at, row.error = Inbound.State.DONE, clock.now(), ""
            done += 1
        except Exception as error:
            logger.exception("webhook %s could not be applied", row.pk)
            row.tries += 1
            row.error = f"{type(error).__name__}: {error}"[:300]
            row.state = Inbound.State.FAILED if row.tries >= TRIES else Inbound.State.QUEUED
        row.save(update_fields=["state", "applied_at", "error", "tries"])
    # What failed waits for the next sweep: going round at once would only spend its tries.
    return done if done == len(batch) else 0


def _answer(status: int, code: str) -> HttpResponse:
    return JsonResponse({"code": code}, status=status)


CHECKS: Mapping[str, Callable[[str, bytes, Mapping[str, str]], str]] = {"stripe": listening.check}
APPLIES: Mapping[str, Callable[[str, str], None]] = {"stripe": listening.apply}
