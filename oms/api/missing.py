"""What is not there: addresses without their last slash are led on, others get the shape of every error."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

from oms.api import errors


@csrf_exempt
def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """404, or 308 (which keeps method and body) to the same address with a slash."""
    if rest and not rest.endswith("/") and _is_address(f"{request.path}/"):
        query = request.META.get("QUERY_STRING", "")
        there = f"{request.path}/{'?' if query else ''}{query}"
        return HttpResponseRedirect(there, status=308) if _is_here(there) else _not_found()
    return _not_found()


def _not_found() -> HttpResponse:
    body = errors.body_of("not_found", "There is no such address.")
    return JsonResponse(body, status=404, headers={"X-Request-ID": body["error"]["request_id"]})


def _is_here(there: str) -> bool:
    # Two slashes in front would be an address on another host.
    return not there.startswith("//")


def _is_address(path: str) -> bool:
    try:
        return resolve(path).func is not nothing
    except Resolver404:
        return False
