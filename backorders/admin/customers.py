"""What customers hold and declared: links to their orders, statements of withdrawal."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from backorders import withdrawing
from backorders.models import OrderLink, Withdrawal
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.filters import Choice
from oms.kernel.admin.forms import AskForm
from oms.orders.models import Order

REVOKE, SETTLE = "backorders.revoke_orderlink", "backorders.settle_withdrawal"


class OrderForm(AskForm):
    """Which order a statement means."""

    order = forms.CharField(max_length=40, help_text="Our number, such as SO-1042.")

    def clean_order(self) -> Order:
        found = Order.objects.filter(number=self.cleaned_data["order"].strip()).first()
        if found is None:
            raise forms.ValidationError("There is no order of this number.")
        return found


class NameOrder(Button[Withdrawal]):
    """Say which order an unmatched statement means, and act on it."""

    slug = "name-order"
    label = "Name its order"
    says = "Acts on the statement as if it had named this order. The customer is told by mail."
    icon = "link"
    tone = "go"
    permission = SETTLE
    form = OrderForm

    def is_offered(self) -> bool:
        return self.row.state == Withdrawal.State.UNMATCHED

    def press(self, data: dict[str, Any]) -> Done:
        row = withdrawing.name_order(withdrawal_id=self.row.pk, order=data["order"])
        return Done(f"The statement is one about {row.order}.")


class RevokeLink(Button[OrderLink]):
    """End what a link opens."""

    slug = "revoke"
    label = "Revoke"
    says = "The link opens nothing any more. The customer's other links go on working."
    icon = "link_off"
    tone = "bad"
    permission = REVOKE
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.revoked_at is None

    def press(self, data: dict[str, Any]) -> Done:
        OrderLink.objects.filter(pk=self.row.pk, revoked_at=None).update(revoked_at=clock.now())
        return Done("The link opens nothing any more.")


class UndoneFilter(Choice):
    """Statements that wait for a person."""

    title = "needs a person"
    parameter_name = "queue"
    options = {"undone": ("not done", withdrawing.undone)}


@admin.register(Withdrawal)
class WithdrawalAdmin(FactAdmin):
    """Statements, newest first."""

    about = (
        "What customers declared, word for word, and what became of it. Where goods are with the warehouse, "
        "have it give them back; where a statement names no order, find the one it means."
    )
    about_page = "A customer's statement, word for word, and what became of each line it concerns."
    when_empty = "Nobody has withdrawn from a contract."
    page = "workplace/withdrawal.html"
    buttons = (NameOrder,)
    list_display = ("at_words", "given_order", "order_link", "state_words", "outcome_words", "by_words")
    list_filter = (UndoneFilter, "state")
    list_select_related = ("order",)
    search_fields = ("order__number", "given_order", "given_email")
    ordering = ("-id",)

    @admin.display(description="Received")
    def at_words(self, row: Withdrawal) -> str:
        return shown.instant(row.at)

    @admin.display(description="Order")
    def order_link(self, row: Withdrawal) -> str:
        return shown.link(row.order)

    @admin.display(description="State")
    def state_words(self, row: Withdrawal) -> str:
        return shown.chip(
            row.get_state_display().lower(), "warn" if row.state in withdrawing.UNDONE else "good"
        )

    @admin.display(description="Became")
    def outcome_words(self, row: Withdrawal) -> str:
        told = [
            f"{part['qty']} of line {part['line_no']}: {shown.spelt(part['became'])}" for part in row.outcome
        ]
        return shown.lines(told) if told else shown.NOTHING

    @admin.display(description="By")
    def by_words(self, row: Withdrawal) -> str:
        return shown.who(row.by)

    def page_context(self, request: HttpRequest, row: Withdrawal) -> dict[str, Any]:
        return {"state": self.state_words(row), "at": self.at_words(row), "order": self.order_link(row)}


@admin.register(OrderLink)
class OrderLinkAdmin(FactAdmin):
    """Links in mails, newest first."""

    about = "The links to orders that went out by mail, by the beginning of their fingerprint."
    about_page = (
        "A link to an order that went out by mail. Revoke it when it reached somebody it should not have."
    )
    when_empty = "No mail with a link has been written yet."
    buttons = (RevokeLink,)
    list_display = ("issued", "order", "fingerprint", "state_words")
    list_select_related = ("order",)
    search_fields = ("order__number", "token_hash")
    ordering = ("-id",)
    fields = ("order", "fingerprint", "issued_at", "revoked_at")

    @admin.display(description="Issued")
    def issued(self, row: OrderLink) -> str:
        return shown.instant(row.issued_at)

    @admin.display(description="Fingerprint")
    def fingerprint(self, row: OrderLink) -> str:
        return f"{row.token_hash[:12]}…"

    @admin.display(description="State")
    def state_words(self, row: OrderLink) -> str:
        return shown.chip("revoked") if row.revoked_at else shown.chip("opens", "good")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields
