"""Saved filters: the filters and words of a list under a name, one's own or shared with everybody."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict

from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm
from oms.kernel.errors import DomainError
from oms.kernel.models import SavedFilter

KEEP, SHARE = "kernel.keep_savedfilter", "kernel.share_savedfilter"
SHOWN_AT_MOST = 20
# What is of the moment and not of the filter.
_PASSING = ("p", "all", "e", "_changelist_filters")


class AlreadyNamed(DomainError):
    """One's own filters of a list have different names."""

    code = "already_exists"
    message = "You have a filter of this name on this list."


class SaveForm(AskForm):
    """What to call it."""

    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=2_000, widget=forms.HiddenInput())


class SaveFilter(Button[Any]):
    """Keep the filters of a list under a name."""

    slug = "save-filter"
    label = "Save these filters"
    says = "Keeps what is searched and filtered now under a name, as a link above this list."
    icon = "bookmark_add"
    permission = KEEP
    form = SaveForm

    def press(self, data: dict[str, Any]) -> Done:
        model = type(self.row)
        made = SavedFilter(
            # Nobody opens the admin without an account.
            person=cast(User, self.request.user),
            place=model._meta.label_lower,
            name=data["name"],
            query=lasting(data["query"]),
        )
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:
            raise AlreadyNamed(field="name") from None
        return Done(f"“{made}” is kept.", shown.list_of(model, made.query))


class ShareFilter(Button[SavedFilter]):
    """Show it to everybody, or no longer."""

    slug = "share"
    label = "Share, or keep to yourself"
    says = "A shared filter stands above the list for everybody who may look at the list."
    icon = "group"
    permission = SHARE
    form = AskForm

    def press(self, data: dict[str, Any]) -> Done:
        self.row.is_shared = not self.row.is_shared
        self.row.save(update_fields=["is_shared"])
        return Done(f"“{self.row}” is {'shared' if self.row.is_shared else 'yours alone'}.")


class ForgetFilter(Button[SavedFilter]):
    """Drop it."""

    slug = "forget"
    label = "Forget"
    says = "Drops the filter; the rows it showed stay as they are."
    icon = "bookmark_remove"
    permission = KEEP
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.person_id == self.request.user.pk or self.request.user.has_perm(SHARE)

    def press(self, data: dict[str, Any]) -> Done:
        if not self.is_offered():
            raise DomainError("It is somebody else's.", code="forbidden")
        self.row.delete()
        return Done(f"“{self.row}” is forgotten.", shown.list_of(SavedFilter))


def seen_by(request: HttpRequest) -> QuerySet[SavedFilter]:
    """One's own filters, and those that are shared."""
    return SavedFilter.objects.filter(Q(person_id=request.user.pk) | Q(is_shared=True))


def above(request: HttpRequest, model: type[Model]) -> dict[str, Any]:
    """The saved filters of a list as links, and what saving the present one would keep."""
    now = lasting(request.GET.urlencode())
    rows = seen_by(request).filter(place=model._meta.label_lower)[:SHOWN_AT_MOST]
    links = [
        {"name": row.name, "href": f"?{row.query}", "is_on": row.query == now, "is_shared": row.is_shared}
        for row in rows
    ]
    return {"saved_filters": links, "to_save": now if request.user.has_perm(KEEP) else ""}


def lasting(query: str) -> str:
    """The part of an address that is worth keeping, always in the same order."""
    asked = QueryDict(query.lstrip("?"), mutable=True)
    kept = sorted((name, value) for name in asked for value in asked.getlist(name) if name not in _PASSING)
    made = QueryDict(mutable=True)
    for name, value in kept:
        if value:
            made.appendlist(name, value)
    return made.urlencode()


def place_of(row: SavedFilter) -> type[Model] | None:
    """The list that a filter is for; none if it is gone."""
    return next(
        (model for model in admin.site._registry if model._meta.label_lower == row.place),
        None,
    )
