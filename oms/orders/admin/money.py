"""Refunds: money owed for what was cancelled, and the button that says it was sent."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from backorders import refunding
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.filters import Choice
from oms.kernel.admin.forms import AskForm
from oms.orders.models import Refund
from oms.payments import giving_back

OWED = (Refund.State.REQUESTED, Refund.State.FAILED)


class DueFilter(Choice):
    """Money that still has to be sent."""

    title = "due"
    parameter_name = "due"
    options = {"open": ("not sent yet", Q(state__in=OWED)), "done": ("sent", ~Q(state__in=OWED))}


class SendRefund(Button[Refund]):
    """Say that the money was sent."""

    slug = "sent"
    label = "Money was sent"
    says = (
        "Say so once you have sent the money back by the way it came (never as store credit). "
        "The customer is told at once."
    )
    icon = "payments"
    tone = "go"
    permission = "orders.send_refund"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state in OWED

    def press(self, data: dict[str, Any]) -> Done:
        refund = refunding.send_refund(refund_id=self.row.pk, actor=self.actor)
        return Done(
            f"{shown.money(refund.amount, refund.currency)} for {self.row.order} is sent; the "
            "customer is told."
        )


class SendThroughProvider(Button[Refund]):
    """Have the provider send it."""

    slug = "send"
    label = "Send through provider"
    says = "The payment provider sends the money back by the way it came, once. The customer is told then."
    icon = "send"
    tone = "go"
    permission = "orders.send_refund"
    form = AskForm

    def is_offered(self) -> bool:
        parts = list(self.row.effects.select_related("payment"))
        return self.row.state in OWED and bool(parts) and all(part.payment.account_id for part in parts)

    def press(self, data: dict[str, Any]) -> Done:
        refund = giving_back.send_through_provider(refund_id=self.row.pk, actor=self.actor)
        return Done(f"The provider sends {shown.money(refund.amount, refund.currency)} for {refund.order}.")


class SettleRefund(Button[Refund]):
    """The money arrived."""

    slug = "settle"
    label = "Money arrived"
    says = "Say so once the customer or the bank confirms that the money arrived."
    icon = "task_alt"
    permission = "orders.send_refund"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == Refund.State.SENT

    def press(self, data: dict[str, Any]) -> Done:
        giving_back.settle_refund(refund_id=self.row.pk, actor=self.actor)
        return Done(f"The refund for {self.row.order} arrived.")


class FailForm(AskForm):
    """What went wrong."""

    why = forms.CharField(label="What went wrong", max_length=300)


class FailRefund(Button[Refund]):
    """The money came back to us."""

    slug = "fail"
    label = "It failed"
    says = "Say so if the money did not reach the customer. It is owed again, and stays in this list."
    icon = "error"
    tone = "bad"
    permission = "orders.send_refund"
    form = FailForm

    def is_offered(self) -> bool:
        return self.row.state == Refund.State.SENT

    def press(self, data: dict[str, Any]) -> Done:
        giving_back.fail_refund(refund_id=self.row.pk, actor=self.actor, **data)
        return Done(f"The refund for {self.row.order} is owed again.")


@admin.register(Refund)
class RefundAdmin(FactAdmin):
    """Money owed back, the most urgent first."""

    about = "Money owed for cancelled units. Send it by the way it came before the due day, then say so here."
    about_page = "Money owed to one customer. Send it by the way it came, then say so here."
    when_empty = "Nothing is owed to anybody."
    page = "workplace/refund.html"
    buttons = (SendThroughProvider, SendRefund, SettleRefund, FailRefund)
    list_display = ("order", "amount_words", "state_chip", "due", "cause_words", "requested")
    list_filter = (DueFilter, "state")
    list_select_related = ("order", "cancellation")
    search_fields = ("order__number",)
    ordering = ("due_on", "id")

    def title_of(self, row: Refund) -> str:
        return f"{self.amount_words(row)} for {row.order}"

    @admin.display(description="Amount")
    def amount_words(self, row: Refund) -> str:
        return shown.money(row.amount, row.currency)

    @admin.display(description="State")
    def state_chip(self, row: Refund) -> str:
        return shown.state(row.state)

    @admin.display(description="Send by")
    def due(self, row: Refund) -> str:
        if row.state not in OWED:
            return shown.day(row.due_on)
        return shown.lateness(row.due_on, clock.now().date())

    @admin.display(description="For")
    def cause_words(self, row: Refund) -> str:
        return shown.cause(row.cancellation.cause if row.cancellation else row.cause)

    @admin.display(description="Asked for")
    def requested(self, row: Refund) -> str:
        return shown.instant(row.requested_at)

    def page_context(self, request: HttpRequest, row: Refund) -> dict[str, Any]:
        return {
            "state": self.state_chip(row),
            "due": self.due(row),
            "amount": self.amount_words(row),
            "cause": self.cause_words(row),
            "effects": list(row.effects.select_related("payment")),
        }
