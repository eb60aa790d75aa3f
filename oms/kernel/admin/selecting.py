"""Buttons for many rows of a list: each row is done by itself, by a job that survives a crash."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from oms.api import batches, deeds
from oms.kernel import shown
from oms.kernel.admin.buttons import Button
from oms.kernel.errors import DomainError

PERMISSION = "api.run_bulkjob"
Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


class Selecting(ModelAdmin):
    """A list whose selection can be pressed `bulk` buttons on."""

    bulk: ClassVar[Sequence[type[Button[Any]]]] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        may_at_all = request.user.has_perm(PERMISSION)
        offered = [kind for kind in self.bulk if may_at_all and kind.is_for(request.user)]
        return actions | {kind.slug: (_action(kind), kind.slug, f"{kind.label} …") for kind in offered}


def _action(kind: type[Button[Any]]) -> Action:
    def drawn_up(desk: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Draw the job up; its page asks what the button asks, for all rows at once."""
        ids = queryset.order_by("pk").values_list("pk", flat=True)
        try:
            job = batches.draw_up_presses(
                person=request.user,  # type: ignore[arg-type]
                kind=deeds.kind_of(desk.model, kind.slug),
                title=kind.label,
                rows_are=desk.opts,
                ids=ids[: batches.MOST_SELECTED + 1],
            )
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return None
        return HttpResponseRedirect(shown.page_of(job))

    return drawn_up
