"""The OpenAPI document as it is served and committed, and the pages that show it."""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from drf_spectacular.views import SpectacularSwaggerView


@cache
def document() -> dict[str, Any]:
    """The document of this code; made once per process."""
    made: dict[str, Any] = SchemaGenerator(urlconf=None).get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    validate_schema(made)  # type: ignore[no-untyped-call]
    return made


@cache
def text() -> str:
    """The document as it is committed: sorted, so that a change shows as a small difference."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True, default=float) + "\n"


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """`/api/v1/openapi.json`, for anybody."""
    response = HttpResponse(text(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


class Docs(SpectacularSwaggerView):
    """`/api/docs/`: the same document for people; its assets come with us, nothing is fetched elsewhere."""

    url_name = "openapi"
    authentication_classes = ()
    permission_classes = ()
    title = "Backorders API"
