"""What if: an edited policy tried out before it is saved, and who would stand otherwise."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from backorders import whatif
from oms.kernel.admin.buttons import NOT_KEPT, actor_of

ASKED = "_whatif"
SHOWN_AT_MOST = 50


def answer(page: admin.ModelAdmin[Any], request: HttpRequest, object_id: str | None) -> HttpResponse | None:
    """What saving the form would do to those who wait; none where it has errors, which it then shows."""
    row = page.get_object(request, object_id) if object_id else None
    allowed = page.has_change_permission(request, row) if row else page.has_add_permission(request)
    form_class: type[forms.ModelForm[Any]] = page.get_form(request, row, change=row is not None)
    form = form_class(request.POST, request.FILES, instance=row)
    if not allowed or not form.is_valid():
        return None
    trial = whatif.trial(form.save(commit=False), by=str(actor_of(request)))
    later = [each for each in trial.moved if each.days is not None and each.days > 0]
    earlier = [each for each in trial.moved if each.days is not None and each.days < 0]
    broken = [each for each in trial.moved if each.is_broken]
    context = {
        **page.admin_site.each_context(request),
        "title": "What if",
        "opts": page.opts,
        "original": row,
        "trial": trial,
        "rows": trial.moved[:SHOWN_AT_MOST],
        "kept_out": trial.kept_out,
        "kept_out_rows": trial.kept_out.lines[:SHOWN_AT_MOST] if trial.kept_out else (),
        "kept_out_value": sorted(trial.kept_out.value.items()) if trial.kept_out else (),
        "later": len(later),
        "earlier": len(earlier),
        "broken": len(broken),
        "broken_value": sorted(whatif.value_of(broken).items()),
        "refused": sum(each.refused is not None for each in trial.moved),
        "kept": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in (ASKED, "csrfmiddlewaretoken")
        ],
    }
    return TemplateResponse(request, "workplace/whatif.html", context, headers=NOT_KEPT)
