"""The OpenAPI document, read off the operations themselves."""

from collections.abc import Mapping
from typing import Any

import django_filters
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_array_type
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

SAME = "same"
"""In `other_answers`: the body is that of the usual status."""


class ErrorOut(serializers.Serializer[Any]):
    """How every refusal looks."""

    class _Error(serializers.Serializer[Any]):
        code = serializers.CharField(help_text="Stable; decide by it.")
        message = serializers.CharField(help_text="For people; may change.")
        field = serializers.CharField(allow_null=True, help_text="Dotted path such as `lines[0].qty`.")
        details = serializers.JSONField(help_text="More of the same, if there is; else null.")
        request_id = serializers.CharField(help_text="Under which our logs know the request.")

    error = _Error()


class BearerKey(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The client key as a security scheme."""

    target_class = "oms.api.access.ClientKeyAuthentication"
    name = "clientKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A client key."}


class OperationSchema(AutoSchema):
    """Asks the operation where DRF's own views would be guessed at."""

    @property
    def operation(self) -> Any:
        """The operation class of the method at hand."""
        operations: Mapping[str, Any] = getattr(self.view, "operations", {})
        return operations[self.method.lower()]

    def get_operation_id(self) -> str:
        name = self.operation.__name__
        return f"{name[0].lower()}{name[1:]}"

    def get_description(self) -> str:  # type: ignore[override]
        return " ".join((self.operation.__doc__ or "").split()) + self._scope_words()

    def get_tags(self) -> list[str]:
        words = (self.operation.__module__.rpartition(".")[2]).replace("_", " ")
        return [words]

    def get_request_serializer(self) -> Any:
        return getattr(self.operation, "Input", None)

    def get_response_serializers(self) -> Any:
        answers: dict[Any, Any] = {str(self.operation.status): self._answer()}
        for status, output in self.operation.other_answers.items():
            answers[str(status)] = self._answer() if output is SAME else output
        for status in self._refusals():
            answers[status] = ErrorOut
        return answers

    def get_override_parameters(self) -> list[Any]:
        found = [*_filters_of(self.operation), *_paging_of(self.operation), *self._headers()]
        query = getattr(self.operation, "Query", None)
        if query is not None and query().fields:
            found.append(query)
        return found

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        parts = type(serializer).__qualname__.split(".")
        return "".join(part.strip("_") for part in parts)

    def _is_list_view(self, serializer: Any = None) -> bool:
        return isinstance(serializer, serializers.ListSerializer)

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        # A PATCH of ours may need all its fields, such as the cause of a slip.
        if self.method != "PATCH" or getattr(self.operation, "is_partial", False):
            return super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        self.method = "PUT"
        try:
            return super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "PATCH"

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        from oms.api.fields import Body

        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Body) and direction == "request":
            schema["additionalProperties"] = False
        return schema

    def _scope_words(self) -> str:
        scopes = ", ".join(f"`{scope}`" for scope in self.operation.scopes)
        return f"\n\nAny of the scopes {scopes}, `admin`." if len(self.operation.scopes) < 8 else ""

    def _answer(self) -> Any:
        from oms.api.operations import Listing

        if not (isinstance(self.operation, type) and issubclass(self.operation, Listing)):
            return self.operation.Output
        row = self.resolve_serializer(self.operation.Output(), "response").ref
        link = {"type": ["string", "null"]}
        return {
            "type": "object",
            "properties": {"results": build_array_type(row), "next": link, "previous": link},
            "required": ["results", "next", "previous"],
        }

    def _refusals(self) -> list[str]:
        statuses = ["400", "401", "403", "404", "405", "406", "422", "429", "503"]
        if self.method != "GET":
            statuses += ["409", "413", "415"]
        if getattr(self.operation, "is_versioned", False):
            statuses += ["412", "428"]
        return sorted(statuses)

    def _headers(self) -> list[OpenApiParameter]:
        found = []
        if self.method == "POST":
            words = "The same key and body get the stored answer; the same key with another body 422."
            found.append(_header("Idempotency-Key", words))
        if getattr(self.operation, "is_versioned", False):
            found.append(_header("If-Match", "The ETag of what was read; missing 428, stale 412."))
        return found


def shorten(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say once how refusals look, and drop the generator's own marks."""
    error = {"$ref": "#/components/schemas/ErrorOut"}
    content = {"application/json": {"schema": error}}
    result["components"]["responses"] = {"Refusal": {"description": "Refused.", "content": content}}
    for address in result["paths"].values():
        for operation in address.values():
            answers = operation["responses"]
            refused = [status for status in answers if status >= "400"]
            answers.update({status: {"$ref": "#/components/responses/Refusal"} for status in refused})
    _drop_marks(result)
    return result


def _drop_marks(part: Any) -> None:
    if isinstance(part, dict):
        part.pop("x-spec-enum-id", None)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _drop_marks(inner)


def _header(name: str, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=words)


def _paging_of(operation: Any) -> list[OpenApiParameter]:
    if not hasattr(operation, "orderings"):
        return []
    ways = [way for name in operation.orderings for way in (name, f"-{name}")]
    found = [
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
        OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` or `previous`."),
        OpenApiParameter("ordering", OpenApiTypes.STR, enum=ways, default=operation.ordering),
    ]
    if operation.expands:
        words = f"Comma separated: {', '.join(operation.expands)}."
        found.append(OpenApiParameter("expand", OpenApiTypes.STR, description=words))
    return found


def _filters_of(operation: Any) -> list[OpenApiParameter]:
    filter_ = getattr(operation, "Filter", None)
    return [_parameter(name, given) for name, given in filter_.base_filters.items()] if filter_ else []


def _parameter(name: str, given: django_filters.Filter) -> OpenApiParameter:
    kind = type(given).__name__
    from oms.api.filtering import Codes

    kinds: Mapping[str, Any] = {
        "Number": {"type": "integer", "minimum": 0},
        "Days": {"type": "integer", "minimum": 0},
        "Day": OpenApiTypes.DATE,
        "Instant": OpenApiTypes.DATETIME,
        "Flag": OpenApiTypes.BOOL,
    }
    enum = [str(value) for value, _ in given.extra["choices"]] if kind == "Choice" else None
    words = str(given.extra.get("help_text", ""))
    return OpenApiParameter(
        name, kinds.get(kind, OpenApiTypes.STR), description=words, enum=enum, many=isinstance(given, Codes)
    )
