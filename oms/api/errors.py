"""Every way of saying no, in one shape: `{"error": {code, message, field, details, request_id}}`."""

import logging
from collections.abc import Iterator
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.response import Response

from oms.api.constraints import refusal_of
from oms.kernel.errors import DomainError

logger = logging.getLogger(__name__)

# Seconds after which a busy database is worth asking again.
RETRY_AFTER = 2
_CODES: dict[type[Exception], str] = {
    drf.ParseError: "malformed",
    drf.NotAuthenticated: "not_authenticated",
    drf.AuthenticationFailed: "authentication_failed",
    drf.PermissionDenied: "forbidden",
    drf.NotFound: "not_found",
    drf.MethodNotAllowed: "method_not_allowed",
    drf.NotAcceptable: "not_acceptable",
    drf.UnsupportedMediaType: "unsupported_media_type",
    drf.Throttled: "too_many_requests",
}


class TooLarge(drf.APIException):
    """The body is larger than this address takes."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The body is too large."


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to an error; DRF calls it for whatever a view raises."""
    if isinstance(error, drf.ValidationError):
        return _invalid(error)
    if isinstance(error, DomainError):
        return answer(error.status, error.code, error.message, field=error.field, details=error.details)
    if isinstance(error, drf.APIException):
        return _known(error)
    return _foreign(error)


def answer(
    status: int,
    code: str,
    message: str,
    *,
    field: str = "",
    details: Any = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """One refusal; `field` is the dotted path of the value at fault, empty if there is none."""
    return Response(body_of(code, message, field=field, details=details), status=status, headers=headers)


def body_of(code: str, message: str, *, field: str = "", details: Any = None) -> dict[str, Any]:
    """The body of a refusal, with the id under which the logs know this request."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return {
        "error": {
            "code": code,
            "message": message,
            "field": field or None,
            "details": details,
            "request_id": request_id,
        }
    }


def faults_of(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """A tree of DRF errors as a flat list, each with the dotted path of its value (`lines[0].qty`)."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from faults_of(inner, _joined(path, name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # Errors of list items come as dicts by place; a plain message belongs to the whole value.
            is_item = isinstance(inner, dict | list)
            if not is_item or inner:
                yield from faults_of(inner, f"{path}[{index}]" if is_item else path)
    else:
        yield {"field": path, "code": getattr(detail, "code", None) or "invalid", "message": str(detail)}


def _joined(path: str, name: Any) -> str:
    if name == "non_field_errors":
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else str(name)


def _invalid(error: drf.ValidationError) -> Response:
    faults = list(faults_of(error.detail))
    first = faults[0] if faults else {"field": "", "code": "invalid", "message": "This cannot be used."}
    return answer(400, first["code"], first["message"], field=first["field"], details=faults)


def _known(error: drf.APIException) -> Response:
    code = _CODES.get(type(error)) or str(error.default_code)
    headers: dict[str, str] = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return answer(error.status_code, code, str(error.detail), headers=headers)


def _foreign(error: Exception) -> Response:
    """Errors that are not ours or DRF's; what nobody foresaw is logged and tells the client nothing."""
    if isinstance(error, Http404):
        return answer(404, "not_found", "There is no such thing.")
    if isinstance(error, PermissionDenied):
        return answer(403, "forbidden", "This key may not do this.")
    if isinstance(error, RequestDataTooBig):
        return answer(413, TooLarge.default_code, TooLarge.default_detail)
    if isinstance(error, OperationalError):
        return busy(error)
    if isinstance(error, DataError):
        return answer(400, "out_of_range", "A value is too large or too long to be kept.")
    if isinstance(error, IntegrityError) and (refusal := refusal_of(error)):
        return answer(refusal.status, refusal.code, refusal.message, field=refusal.field)
    logger.exception("request failed", exc_info=error)
    return answer(500, "internal", "Something went wrong on our side. Quote the request id when you ask us.")


def busy(error: OperationalError) -> Response:
    """A lock or a statement took too long, or the database is away: nothing was changed."""
    logger.warning("database busy: %s", error)
    message = "The system is busy; nothing was changed. Send the same request again shortly."
    return answer(503, "busy", message, headers={"Retry-After": str(RETRY_AFTER)})
