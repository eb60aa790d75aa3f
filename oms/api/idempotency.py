"""Once only: the answer to a POST is kept with its effect, and given again when the POST comes again."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from oms.api import errors, locks
from oms.api.committing import commit
from oms.api.models import ApiClient, IdempotencyKey
from oms.kernel import clock
from oms.kernel.errors import Conflict, DomainError, InvalidValue

LONGEST_KEY = 200
_FROM_HEADER, _FROM_BODY = "key:", "external:"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: a body that JSON can hold, a status, headers."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Mismatch(DomainError):
    """The key was used for another request."""

    code = "idempotency_mismatch"
    message = "This key was used before with another body."


class Running(Conflict):
    """The first request with this key is not answered yet."""

    code = "idempotency_running"
    message = "The first request with this key is still running. Ask again shortly."


@dataclass(frozen=True, slots=True)
class Key:
    """One name under which an answer is kept; `at` is where the client gave it."""

    name: str
    at: str

    @property
    def keeps_refusals(self) -> bool:
        """A refused external_id may be sent again mended; a refused Idempotency-Key is answered for good."""
        return self.name.startswith(_FROM_HEADER)


def key_of_header(value: str) -> Key:
    """The key of an `Idempotency-Key` header; raises InvalidValue for one that is too long."""
    if len(value) > LONGEST_KEY:
        raise InvalidValue(f"A key has at most {LONGEST_KEY} characters.", field="Idempotency-Key")
    return Key(_FROM_HEADER + value, "Idempotency-Key")


def key_of_body(kind: str, external_id: str) -> Key:
    """The key that an `external_id` is, for its client and kind of document."""
    return Key(f"{_FROM_BODY}{kind}:{external_id}", "external_id")


def fingerprint(operation: str, where: str, body: Any) -> str:
    """The same for the same request; the order of the fields and white space do not matter."""
    text = json.dumps([operation, where, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def once(client: ApiClient, keys: Sequence[Key], print_: str, work: Callable[[], Answer]) -> Answer:
    """Do `work` in one transaction with its keys, or give the stored answer.

    Raises Running while another request holds a key, Mismatch if a key was used for another request.
    """
    if not keys:
        return commit(work)
    return commit(lambda: _claimed(client, keys, print_, work))


def _claimed(client: ApiClient, keys: Sequence[Key], print_: str, work: Callable[[], Answer]) -> Answer:
    # The lock lives as long as the transaction: a crash leaves nothing running.
    if not locks.claim([f"{client.pk}:{key.name}" for key in keys]):
        raise Running
    if (stored := _stored(client, keys, print_)) is not None:
        return stored
    kept = [key for key in keys if key.keeps_refusals]
    try:
        # Only an answer that is kept although it refuses needs the effect alone to be taken back.
        with transaction.atomic() if kept else nullcontext():
            answer = work()
    except DomainError as refusal:
        if refusal.status != 422 or not kept:
            raise
        body = errors.body_of(refusal.code, refusal.message, field=refusal.field, details=refusal.details)
        answer = Answer(body, refusal.status)
    if answer.status < 400:
        kept = list(keys)
    _keep(client, kept, print_, answer)
    return answer


def _stored(client: ApiClient, keys: Sequence[Key], print_: str) -> Answer | None:
    rows = {row.key: row for row in client.idempotency_keys.filter(key__in=[key.name for key in keys])}
    for key in keys:
        row = rows.get(key.name)
        if row is not None and row.fingerprint != print_:
            raise Mismatch(field=key.at)
    found = next((rows[key.name] for key in keys if key.name in rows), None)
    if found is None:
        return None
    return Answer(found.body, found.status or 200, {"Idempotent-Replay": "true"})


def _keep(client: ApiClient, keys: Sequence[Key], print_: str, answer: Answer) -> None:
    body = json.loads(json.dumps(answer.body, cls=DjangoJSONEncoder))
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(
            client=client,
            key=key.name,
            fingerprint=print_,
            state=IdempotencyKey.State.DONE,
            status=answer.status,
            body=body,
            created_at=clock.now(),
        )
        for key in keys
    )
