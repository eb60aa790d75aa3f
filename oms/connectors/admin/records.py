"""Accounts with Klaviyo (keys go in, and are never shown again), and the inbox of webhooks."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from oms.connectors import inbox
from oms.connectors.models import Inbound, KlaviyoAccount
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin, HouseAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.filters import Choice
from oms.kernel.admin.forms import AskForm
from oms.urgent import stuck_accounts, stuck_webhooks


class KeyForm(AskForm):
    """The private key."""

    key = forms.CharField(
        label="Private API key",
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="It needs events:write and profiles:write; catalogs:write for its back-in-stock flow.",
    )


class KeepKey(Button[KlaviyoAccount]):
    """Enter the key."""

    slug = "key"
    label = "Enter key"
    says = "Stores the key encrypted. Nobody can read it here again. What waited goes out at once."
    icon = "key"
    permission = "connectors.keep_klaviyo_key"
    form = KeyForm

    def press(self, data: dict[str, Any]) -> Done:
        self.row.keep_key(data["key"].strip())
        self.row.paused_until, self.row.needs_person = None, ""
        self.row.save(update_fields=["sealed_key", "paused_until", "needs_person"])
        return Done(f"The key of {self.row} is kept.")


class RefusedFilter(Choice):
    """Accounts that need a person."""

    title = "refused"
    parameter_name = "stuck"
    options = {"yes": ("needs a person", stuck_accounts)}


@admin.register(KlaviyoAccount)
class KlaviyoAccountAdmin(HouseAdmin):
    """Accounts with Klaviyo."""

    about = "Accounts that tell customers by flows of their own. Which messages: see Ways to tell."
    about_page = "A Klaviyo account that tells customers by flows of its own."
    when_empty = "Klaviyo is told nothing."
    buttons = (KeepKey,)
    list_display = ("code", "channel", "state", "needs_person")
    list_filter = (RefusedFilter,)
    list_select_related = ("channel",)
    fields = ("code", "channel", "variant", "is_active")
    search_fields = ("code",)

    @admin.display(description="State")
    def state(self, row: KlaviyoAccount) -> str:
        if not row.is_active:
            return shown.chip("off")
        if not row.sealed_key:
            return shown.chip("no key yet", "warn")
        if row.paused_until and row.paused_until > clock.now():
            return shown.chip("waits", "bad" if row.needs_person else "warn")
        return shown.chip("in use", "good")


class ApplyAgain(Button[Inbound]):
    """Apply once more."""

    slug = "apply-again"
    label = "Apply again"
    says = "Applies this webhook once more. What it already changed stays as it is."
    icon = "refresh"
    permission = "connectors.apply_inbound"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == Inbound.State.FAILED

    def press(self, data: dict[str, Any]) -> Done:
        inbox.try_again(self.row.pk)
        return Done(f"{self.row} will be applied again.")


class StuckFilter(Choice):
    """Webhooks nobody could apply."""

    title = "stuck"
    parameter_name = "stuck"
    options = {"yes": ("not applied", stuck_webhooks)}


@admin.register(Inbound)
class InboundAdmin(FactAdmin):
    """Webhooks as they came."""

    about = "What other systems told us, kept as it came before anything was done about it."
    about_page = "What another system told us, as it came, and what was done about it."
    when_empty = "No other system told us anything yet."
    buttons = (ApplyAgain,)
    list_display = ("received", "kind", "account", "delivery_key", "state_chip", "tries", "error")
    list_filter = (StuckFilter, "kind", "state")
    search_fields = ("=delivery_key",)

    @admin.display(description="Received")
    def received(self, row: Inbound) -> str:
        return shown.instant(row.received_at)

    @admin.display(description="State")
    def state_chip(self, row: Inbound) -> str:
        return shown.state(row.state)

    def page_context(self, request: HttpRequest, row: Inbound) -> dict[str, Any]:
        return {"state": self.state_chip(row)}
