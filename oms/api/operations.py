"""One class per operation: who may, what comes in, what goes out. Addresses bundle them by method."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import structlog
from django.db.models import Model, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from oms.api import etags, idempotency
from oms.api.access import SCOPES, Caller, ClientKeyAuthentication, caller_of
from oms.api.committing import commit
from oms.api.fields import Body
from oms.api.filtering import RowFilter, narrowed
from oms.api.idempotency import Answer
from oms.api.pagination import ByCursor
from oms.api.parsing import JsonBody
from oms.api.schema import SAME, OperationSchema
from oms.api.throttling import PerClient
from oms.kernel.actors import Actor
from oms.kernel.errors import NotFound

EVERY_SCOPE: tuple[str, ...] = tuple(SCOPES)


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked, apart from the body: by whom, where, with which parameters and headers."""

    caller: Caller
    where: Mapping[str, Any] = field(default_factory=dict)
    query: QueryDict = field(default_factory=QueryDict)
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


class Operation:
    """One thing a client may do at one address."""

    scopes: ClassVar[tuple[str, ...]] = EVERY_SCOPE
    Query: ClassVar[type[Body]] = Body
    Output: ClassVar[Any] = None
    status: ClassVar[int] = 200
    # Other statuses of success, with what they answer.
    other_answers: ClassVar[Mapping[int, Any]] = {}
    parsers: ClassVar[tuple[type[BaseParser], ...]] = (JsonBody,)

    def __init__(self, call: Call) -> None:
        self.call = call
        self.caller = call.caller
        self.where = call.where

    @property
    def actor(self) -> Actor:
        """Whose name stands on what this operation changes."""
        return self.caller.actor

    def respond(self, read_body: Callable[[], Any]) -> Answer:
        """The answer; raises DomainError or DRF's errors for a refusal."""
        raise NotImplementedError

    @property
    def asked(self) -> dict[str, Any]:
        """The checked query parameters."""
        query = self.Query(data=self.call.query)
        query.is_valid(raise_exception=True)
        return dict(query.validated_data)

    def out(self, subject: Any, **context: Any) -> Any:
        """The subject as this operation's Output writes it."""
        output: BaseSerializer[Any] = self.Output(subject, context=context)
        return output.data


class Read(Operation):
    """GET of one thing."""

    def respond(self, read_body: Callable[[], Any]) -> Answer:
        return self.read()

    def read(self) -> Answer:
        """What is there, or NotFound."""
        raise NotImplementedError


class Listing(Operation):
    """GET of many: filtered, ordered, cut into pages, with the same number of queries for 1 and 500 rows."""

    Filter: ClassVar[type[RowFilter]]
    orderings: ClassVar[tuple[str, ...]] = ("id",)
    ordering: ClassVar[str] = "-id"
    expands: ClassVar[tuple[str, ...]] = ()

    def rows(self) -> QuerySet[Any]:
        """All rows this caller may see."""
        raise NotImplementedError

    def respond(self, read_body: Callable[[], Any]) -> Answer:
        page = ByCursor(self.orderings, self.ordering)
        expand = expanded(self.call.query, self.expands)
        rows = narrowed(self.Filter, self.call.query, self.rows())
        found = page.cut(self.enriched(rows, expand), self.call.query)
        return Answer(page.body(self.shown(found, expand), self.call))

    def enriched(self, rows: QuerySet[Any], expand: frozenset[str]) -> QuerySet[Any]:
        """The rows with what their output needs, fetched set-based."""
        return rows

    def shown(self, found: list[Any], expand: frozenset[str]) -> list[Any]:
        """The rows of one page as they are answered."""
        return [self.out(row, expand=expand) for row in found]


class Command(Operation):
    """A change: body checked, then done in one transaction."""

    Input: ClassVar[type[BaseSerializer[Any]]] = Body
    status: ClassVar[int] = 200

    def respond(self, read_body: Callable[[], Any]) -> Answer:
        data = self.checked(read_body())
        return commit(partial(self.perform, data))

    def checked(self, body: Any) -> Any:
        """The body by the rules of Input, or ValidationError naming the field."""
        given = self.Input(data=body)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def perform(self, data: Any) -> Answer:
        """The change itself, inside the transaction; raises DomainError when a rule says no."""
        raise NotImplementedError

    def done(self, subject: Any, *, version: int | None = None, **context: Any) -> Answer:
        """The answer after a change, with the new version as ETag if there is one."""
        headers = {} if version is None else {"ETag": etags.tag_of(version)}
        return Answer(self.out(subject, **context), self.status, headers)


class Upsert(Command):
    """PUT: 201 if it is new, 200 if it was there; fields left out keep their value."""

    other_answers: ClassVar[Mapping[int, Any]] = {201: SAME}
    given: frozenset[str] = frozenset()

    def respond(self, read_body: Callable[[], Any]) -> Answer:
        body = read_body()
        self.given = frozenset(body) if isinstance(body, dict) else frozenset()
        return super().respond(lambda: body)


class Post(Command):
    """A change that happens once for its Idempotency-Key, and once for the `external_id` of its body."""

    status: ClassVar[int] = 201
    # What an external_id of this operation names; empty if bodies carry none.
    kind: ClassVar[str] = ""

    def respond(self, read_body: Callable[[], Any]) -> Answer:
        body = read_body()
        return self.once(body, self.checked(body))

    def once(self, body: Any, data: Any) -> Answer:
        """The answer of now, or the one kept from the first time."""
        print_ = idempotency.fingerprint(type(self).__name__, repr(sorted(self.where.items())), body)
        return idempotency.once(self.caller.client, self.keys(data), print_, partial(self.perform, data))

    def keys(self, data: Any) -> list[idempotency.Key]:
        """The names under which this answer is to be kept."""
        found = []
        if header := self.call.headers.get("Idempotency-Key"):
            found.append(idempotency.key_of_header(header))
        if self.kind and data.get("external_id"):
            found.append(idempotency.key_of_body(self.kind, data["external_id"]))
        return found


class MayUse(BasePermission):
    """403 unless the key holds one of the operation's scopes."""

    message = "This key has none of the scopes that this needs."

    def has_permission(self, request: Request, view: APIView) -> bool:
        caller = caller_of(request)
        operation = view.operation_of(request) if isinstance(view, Address) else None
        return operation is None or caller.may(operation.scopes)


class Address(APIView):
    """One URL; the operation is chosen by the method."""

    authentication_classes = (ClientKeyAuthentication,)
    permission_classes = (MayUse,)
    throttle_classes = (PerClient,)
    renderer_classes = (JSONRenderer,)
    schema = OperationSchema()
    operations: ClassVar[Mapping[str, type[Operation]]] = {}

    def operation_of(self, request: Request) -> type[Operation] | None:
        """The operation for this method; none for OPTIONS and methods not allowed here."""
        method = "get" if request.method == "HEAD" else (request.method or "").lower()
        return self.operations.get(method)

    def get_parsers(self) -> list[BaseParser]:
        method = (self.request.method or "").lower() if getattr(self, "request", None) else ""
        operation = self.operations.get(method, Operation)
        return [parser() for parser in operation.parsers]

    def run(self, request: Request, **where: Any) -> Response:
        """Every method ends here."""
        operation = self.operation_of(request)
        if operation is None or any("\x00" in str(part) for part in where.values()):
            raise NotFound
        call = Call(caller_of(request), where, request.query_params, request.headers, request.path)
        answer = operation(call).respond(lambda: request.data)
        return Response(answer.body, status=answer.status, headers=answer.headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["X-Request-ID"] = request_id()
        return response


def address(**operations: type[Operation]) -> Callable[..., Any]:
    """The view of a URL: `address(get=ListOrders, post=AcceptOrder)`."""
    members: dict[str, Any] = {"operations": operations, **dict.fromkeys(operations, Address.run)}
    first = next(iter(operations.values()))
    made: type[Address] = type(f"{first.__name__}Address", (Address,), members)
    return made.as_view()


def request_id() -> str:
    """The id under which the logs know this request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]


def expanded(query: QueryDict, allowed: Iterable[str]) -> frozenset[str]:
    """What `?expand=a,b` asks for; raises ValidationError for what cannot be expanded."""
    asked = {part.strip() for given in query.getlist("expand") for part in given.split(",") if part.strip()}
    if unknown := sorted(asked - set(allowed)):
        raise ValidationError({"expand": [f"{unknown[0]} cannot be expanded here."]}, code="invalid")
    return frozenset(asked)


def one(rows: QuerySet[Any], **named: Any) -> Any:
    """The one row of this name that the caller may see, or NotFound: another client's is not there either."""
    found: Model | None = rows.filter(**named).first()
    if found is None:
        raise NotFound
    return found
