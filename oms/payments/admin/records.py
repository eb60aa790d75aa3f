"""Payments and every movement of money, with the buttons for what needs a person."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.filters import Choice
from oms.kernel.admin.forms import AskForm
from oms.payments import taking, waiting
from oms.payments.models import Payment, PaymentEffect

PERMISSION = "payments.see_to_payment"


class CapturedByHand(Button[Payment]):
    """A person took the money."""

    slug = "captured"
    label = "Money was taken"
    says = "Say so once you have taken the amounts below yourself, such as at the terminal or by transfer."
    icon = "payments"
    tone = "go"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return waiting.captures_by_hand().filter(payment=self.row).exists()

    def press(self, data: dict[str, Any]) -> Done:
        done = taking.captured_by_hand(payment_id=self.row.pk, actor=self.actor)
        return Done(f"{shown.count(done, 'capture')} of {self.row} done.")


class TryAgain(Button[Payment]):
    """Ask the provider once more."""

    slug = "try-again"
    label = "Try again"
    says = "Asks the provider once more for what it refused, as a new request."
    icon = "refresh"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        failed = self.row.effects.filter(state=PaymentEffect.State.FAILED)
        return self.row.account_id is not None and failed.exclude(kind=PaymentEffect.Kind.REFUND).exists()

    def press(self, data: dict[str, Any]) -> Done:
        return Done(f"{shown.count(taking.try_again(payment_id=self.row.pk), 'request')} sent again.")


class SeenTo(Button[Payment]):
    """Nothing more to do."""

    slug = "seen-to"
    label = "Seen to"
    says = "Takes this payment off the list of those that need a person. Its history stays."
    icon = "check"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return bool(self.row.needs_person)

    def press(self, data: dict[str, Any]) -> Done:
        taking.seen_to(payment_id=self.row.pk)
        return Done(f"{self.row} is seen to.")


class WaitingFilter(Choice):
    """Payments that need a person."""

    title = "needs a person"
    parameter_name = "waiting"
    options = {"yes": ("yes", waiting.payments), "no": ("no", Q(needs_person=""))}


@admin.register(Payment)
class PaymentAdmin(FactAdmin):
    """What customers tendered."""

    about = (
        "What customers tendered for their orders: how much is held, taken and given back, and until when."
    )
    about_page = (
        "What one customer tendered: how much is held, taken and given back, and until when a hold lasts."
    )
    when_empty = "Payments are registered over REST, with the order or later."
    page = "workplace/payment.html"
    buttons = (CapturedByHand, TryAgain, SeenTo)
    list_display = (
        "external_id",
        "order",
        "account_words",
        "state_chip",
        "held",
        "taken",
        "back",
        "ends",
        "needs_person",
    )
    list_filter = (WaitingFilter, "state", "account")
    list_select_related = ("order", "account")
    search_fields = ("=external_id", "order__number")

    @admin.display(description="Through")
    def account_words(self, row: Payment) -> str:
        return row.account.code if row.account else "by hand"

    @admin.display(description="State")
    def state_chip(self, row: Payment) -> str:
        return shown.state(row.state)

    @admin.display(description="Authorised")
    def held(self, row: Payment) -> str:
        return shown.money(row.authorised_amount, row.currency)

    @admin.display(description="Captured")
    def taken(self, row: Payment) -> str:
        return shown.money(row.captured_amount, row.currency)

    @admin.display(description="Refunded")
    def back(self, row: Payment) -> str:
        return shown.money(row.refunded_amount, row.currency)

    @admin.display(description="Hold ends")
    def ends(self, row: Payment) -> str:
        is_held = row.state == Payment.State.OPEN and row.captured_amount < row.authorised_amount
        if row.expires_at is None or not is_held:
            return shown.NOTHING
        return shown.lateness(row.expires_at.date(), clock.now().date())

    def page_context(self, request: HttpRequest, row: Payment) -> dict[str, Any]:
        return {
            "state": self.state_chip(row),
            "effects": list(row.effects.select_related("refund", "shipment").order_by("id")[:100]),
            "ends": self.ends(row),
        }


@admin.register(PaymentEffect)
class PaymentEffectAdmin(FactAdmin):
    """Every movement of money."""

    about = "Every movement of money we asked a provider or a person for, each once."
    about_page = "One movement of money we asked for, and what came of it."
    when_empty = "No money was moved yet."
    list_display = ("created", "kind", "payment", "amount_words", "state_chip", "tries", "error")
    list_filter = ("kind", "state")
    list_select_related = ("payment",)
    search_fields = ("=provider_id", "=key")

    @admin.display(description="Asked")
    def created(self, row: PaymentEffect) -> str:
        return shown.instant(row.created_at)

    @admin.display(description="Amount")
    def amount_words(self, row: PaymentEffect) -> str:
        return shown.money(row.amount, row.payment.currency) if row.amount else shown.NOTHING

    @admin.display(description="State")
    def state_chip(self, row: PaymentEffect) -> str:
        return shown.state(row.state)
