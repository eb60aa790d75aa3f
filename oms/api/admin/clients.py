"""API clients: make a key, give a new one, revoke it. Keys are shown once."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from inventory.models import Location
from oms.api import access
from oms.api.models import ApiClient
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm
from oms.orders.models import Channel

PERMISSION = "api.issue_key"


class KeyForm(AskForm):
    """Who the program is and what it may do."""

    name = forms.CharField(max_length=80, help_text="How it is called in every history, such as shop-berlin.")
    scopes = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[(name, f"{name}: {words}") for name, words in access.SCOPES.items()],
        label="May",
    )
    channel = forms.ModelChoiceField(Channel.objects.all(), required=False, empty_label="all channels")
    location = forms.ModelChoiceField(Location.objects.all(), required=False, empty_label="all locations")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if ApiClient.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a client of this name; give that one a new key instead.")
        return name


class MakeKey(Button[ApiClient]):
    """A new client with a key."""

    slug = "make"
    label = "New client"
    says = "Makes a key for a program. It is shown once, on the next page, and kept only as a fingerprint."
    icon = "add"
    tone = "go"
    permission = PERMISSION
    form = KeyForm

    def press(self, data: dict[str, Any]) -> Done:
        client, key = access.make_client(
            name=data["name"], scopes=data["scopes"], channel=data["channel"], location=data["location"]
        )
        return Done(f"The key of {client}", shown.page_of(client), secret=key)


class ReplaceKey(Button[ApiClient]):
    """Another key for the same client."""

    slug = "new-key"
    label = "New key"
    says = "Gives this client another key, shown once. The old one stops working at once."
    icon = "key"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.is_active

    def press(self, data: dict[str, Any]) -> Done:
        return Done(f"The new key of {self.row}", secret=access.replace_key(self.row))


class RevokeKey(Button[ApiClient]):
    """End a client's access."""

    slug = "revoke"
    label = "Revoke"
    says = "The key stops working at once. What the client did stays in history under its name."
    icon = "block"
    tone = "bad"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.is_active

    def press(self, data: dict[str, Any]) -> Done:
        ApiClient.objects.filter(pk=self.row.pk).update(is_active=False)
        return Done(f"{self.row} may not call any more.")


@admin.register(ApiClient)
class ApiClientAdmin(FactAdmin):
    """Programs with a key."""

    about = (
        "Programs that may call the REST API, with what they may do. Keys are shown once and kept as "
        "fingerprints."
    )
    about_page = "A program with a key: what it may do, where, and when it last called."
    when_empty = "No program has a key yet."
    list_buttons = (MakeKey,)
    buttons = (ReplaceKey, RevokeKey)
    list_display = ("name", "state", "prefix", "scope_words", "channel", "location", "used")
    list_filter = ("is_active",)
    list_select_related = ("channel", "location")
    search_fields = ("name",)
    fields = (
        "name",
        "key_prefix",
        "scopes",
        "channel",
        "location",
        "is_active",
        "created_at",
        "last_used_at",
    )

    @admin.display(description="State")
    def state(self, row: ApiClient) -> str:
        return shown.chip("may call", "good") if row.is_active else shown.chip("revoked")

    @admin.display(description="Key")
    def prefix(self, row: ApiClient) -> str:
        return f"{row.key_prefix}…"

    @admin.display(description="May")
    def scope_words(self, row: ApiClient) -> str:
        return ", ".join(row.scopes)

    @admin.display(description="Last used")
    def used(self, row: ApiClient) -> str:
        return f"{shown.age(row.last_used_at)} ago" if row.last_used_at else "never"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields
