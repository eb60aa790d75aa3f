"""Keys of storefronts in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm
from oms.orders.models import Channel
from oms.portal.models import ShopKey

PERMISSION = "portal.issue_shopkey"


class ShopKeyForm(AskForm):
    """Which storefront, of which channel."""

    name = forms.CharField(max_length=80, help_text="Which storefront it is for, such as shop-berlin.")
    channel = forms.ModelChoiceField(Channel.objects.all())

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if ShopKey.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a key of this name.")
        return name


class MakeShopKey(Button[ShopKey]):
    """A new publishable key."""

    slug = "make"
    label = "New key"
    says = "Makes a publishable key for a storefront. It opens the badge of its channel, and nothing else."
    icon = "add"
    tone = "go"
    permission = PERMISSION
    form = ShopKeyForm

    def press(self, data: dict[str, Any]) -> Done:
        made = ShopKey.objects.create(name=data["name"], channel=data["channel"], created_at=clock.now())
        return Done(f"The key of {made} is {made.key}", shown.page_of(made))


class RevokeShopKey(Button[ShopKey]):
    """End what a key opens."""

    slug = "revoke"
    label = "Revoke"
    says = "Pages that carry this key show no badges any more, within seconds."
    icon = "block"
    tone = "bad"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.is_active

    def press(self, data: dict[str, Any]) -> Done:
        ShopKey.objects.filter(pk=self.row.pk).update(is_active=False)
        return Done(f"{self.row} opens nothing any more.")


@admin.register(ShopKey)
class ShopKeyAdmin(FactAdmin):
    """Publishable keys."""

    about = (
        "Keys that storefronts print into their pages to show the badge: state, dates, what is charged when. "
        "They are public, read-only, and tell no quantities."
    )
    about_page = (
        "A key for one storefront's pages. It is public: it shows states and dates, never quantities."
    )
    when_empty = "No storefront shows badges yet."
    list_buttons = (MakeShopKey,)
    buttons = (RevokeShopKey,)
    list_display = ("name", "state", "channel", "key")
    list_filter = ("is_active",)
    list_select_related = ("channel",)
    search_fields = ("name",)
    fields = ("name", "channel", "key", "is_active", "created_at")

    @admin.display(description="State")
    def state(self, row: ShopKey) -> str:
        return shown.chip("shows badges", "good") if row.is_active else shown.chip("revoked")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields
