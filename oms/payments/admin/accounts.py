"""Accounts with payment providers; keys go in and are never shown again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from oms.kernel import shown
from oms.kernel.admin.base import HouseAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm
from oms.payments.models import PaymentAccount


class KeyForm(AskForm):
    """The provider's key, and the secret it signs its webhooks with."""

    key = forms.CharField(
        label="Secret key",
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="A restricted key for payments and refunds is enough. Left empty, the old one stays.",
    )
    webhook_secret = forms.CharField(
        label="Webhook secret",
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="What the provider shows for the webhook's address below. Left empty, the old one stays.",
    )


class KeepKey(Button[PaymentAccount]):
    """Enter the keys."""

    slug = "key"
    label = "Enter keys"
    says = "Stores the provider's keys encrypted. Nobody can read them here again."
    icon = "key"
    permission = "payments.keep_key"
    form = KeyForm

    def press(self, data: dict[str, Any]) -> Done:
        if data["key"]:
            self.row.keep_key(data["key"].strip())
        if data["webhook_secret"]:
            self.row.keep_webhook_secret(data["webhook_secret"].strip())
        self.row.save(update_fields=["sealed_key", "sealed_webhook_secret"])
        return Done(f"The keys of {self.row} are kept.")


@admin.register(PaymentAccount)
class PaymentAccountAdmin(HouseAdmin):
    """Accounts with providers."""

    about = "Accounts with payment providers. Payments without an account are moved by people."
    about_page = "An account with a provider that moves money for us."
    when_empty = "Without an account people take money and send it back, and say so here."
    buttons = (KeepKey,)
    list_display = ("code", "provider", "state", "refunds")
    fields = ("code", "provider", "sends_refunds", "is_active")
    search_fields = ("code",)

    def has_delete_permission(self, request: HttpRequest, obj: PaymentAccount | None = None) -> bool:
        # Payments point here.
        return False

    @admin.display(description="State")
    def state(self, row: PaymentAccount) -> str:
        if not row.is_active:
            return shown.chip("off")
        return shown.chip("in use", "good") if row.sealed_key else shown.chip("no key yet", "warn")

    @admin.display(description="Refunds")
    def refunds(self, row: PaymentAccount) -> str:
        return "by themselves" if row.sends_refunds else "when a person presses"
