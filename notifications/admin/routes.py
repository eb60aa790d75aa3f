"""Who tells which kind of message."""

from typing import Any

from django import forms
from django.contrib import admin

from notifications.kinds import KINDS, LEGAL
from notifications.models import Route
from oms.kernel import shown
from oms.kernel.admin.base import HouseAdmin


class RouteForm(forms.ModelForm[Route]):
    """A kind we know, and a way the law allows."""

    kind = forms.ChoiceField(choices=[(code, code.replace("_", " ")) for code in KINDS])

    class Meta:
        model = Route
        fields = ("kind", "way")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") in LEGAL and data.get("way") == Route.Way.KLAVIYO:
            words = "The law wants this told: choose both. Klaviyo only says that it queued an event."
            self.add_error("way", words)
        return data


@admin.register(Route)
class RouteAdmin(HouseAdmin):
    """Ways to tell."""

    about = (
        "Which messages we mail and which Klaviyo tells by a flow of yours. Mark flows for order messages as "
        "transactional there. What has no row here we mail ourselves, but for “ready to ship”, which is "
        "told only where a way was chosen."
    )
    about_page = "Which way this kind of message goes: our own mail, Klaviyo, or both."
    when_empty = "We mail everything ourselves."
    form = RouteForm
    list_display = ("kind_words", "way")
    search_fields = ("kind",)

    @admin.display(description="Message")
    def kind_words(self, row: Route) -> str:
        return shown.spelt(row.kind)
