"""Signals: what to buy, pull in, put off — accepted into draft orders with one click."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from backorders import buying
from inventory.models import MAX_QTY
from oms.api.signal_table import Signals
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done, actor_of
from oms.kernel.admin.forms import NOTE_LENGTH, AskForm
from oms.kernel.errors import DomainError
from purchasing import signalling, wording
from purchasing.models import PurchaseOrder, Signal

# What the figures of a signal are called; each with its unit.
BASIS_WORDS = {
    "agreed_lead_days": "Agreed lead time, days",
    "drafted": "Drafted already, units",
    "forecast_kind": "Kind of demand",
    "forecast_qty": "Expected until then, units",
    "free_on_hand": "Free on hand, units",
    "incoming": "Coming in, units",
    "lead_level": "Sure of the lead time",
    "lead_time_days": "Lead time, days",
    "moq": "Least order, units",
    "moq_gap": "Added for the least order, units",
    "open_demand": "Waiting, units",
    "pack": "Pack, units",
    "raw_qty": "Needed before rounding, units",
    "refused_counted": "Refused and counted, units",
    "refused_percent": "Counted of the refused, %",
    "refused_qty": "Refused, units",
    "review_days": "Next review in, days",
    "safety_stock": "Safety stock, units",
    "weekly_forecast": "Expected a week, units",
}
KIND_TONES = {"order": "bad", "expedite": "warn", "defer": "note", "cancel": "plain"}
PERMISSION = "purchasing.accept_signal"
SERVED_AT_ONCE = 50


def drafted(orders: list[PurchaseOrder]) -> str:
    """What accepting made, in words."""
    names = ", ".join(str(order) for order in orders)
    return f"Drafted: {names}. Check and send them." if orders else "Accepted; there was nothing to order."


class WhatIfForm(forms.Form):
    """So many units, to come on a day."""

    qty = forms.IntegerField(min_value=1, max_value=MAX_QTY, required=False)
    on = forms.DateField(required=False)


class AcceptSignal(Button[Signal]):
    """Take the advice."""

    slug = "accept"
    label = "Accept"
    says = (
        "An “order” becomes a draft purchase order for you to check and send; other advice is closed "
        "as taken."
    )
    icon = "check"
    tone = "go"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == Signal.State.OPEN

    def press(self, data: dict[str, Any]) -> Done:
        orders = signalling.accept_signals(signal_ids=[self.row.pk], actor=self.actor)
        return Done(drafted(orders), shown.page_of(orders[0]) if orders else "")


class DismissForm(AskForm):
    """Why not."""

    note = forms.CharField(max_length=NOTE_LENGTH, label="Why not", widget=forms.Textarea(attrs={"rows": 2}))


class DismissSignal(Button[Signal]):
    """Leave the advice."""

    slug = "dismiss"
    label = "Dismiss"
    says = "Leaves the advice for this week. It comes back when more units are needed."
    icon = "close"
    permission = PERMISSION
    form = DismissForm

    def is_offered(self) -> bool:
        return self.row.state == Signal.State.OPEN

    def press(self, data: dict[str, Any]) -> Done:
        signalling.dismiss_signal(signal_id=self.row.pk, note=data["note"], actor=self.actor)
        return Done(f"{self.row} is dismissed.")


@admin.register(Signal)
class SignalAdmin(FactAdmin):
    """Advice, the most needed first."""

    about = (
        "What to order, pull in, put off or cancel, raised each night. Tick several and accept them: "
        "those of one supplier become one draft order."
    )
    about_page = (
        "Advice to the buyer: what it was made from and who would be served. Accept it into a draft "
        "order, or dismiss it."
    )
    when_empty = "No advice: everything that is wanted is covered, or the night has not passed yet."
    page = "workplace/signal.html"
    buttons = (AcceptSignal, DismissSignal)
    table = Signals()
    actions = ("accept_all",)
    bulk = (DismissSignal,)
    list_display = (
        "sku_words",
        "kind_chip",
        "supplier",
        "qty",
        "uncovered_qty",
        "needed",
        "value_words",
        "state_chip",
    )
    list_filter = ("state", "kind", ("supplier", AutocompleteSelectFilter), ("sku", AutocompleteSelectFilter))
    list_select_related = ("sku", "supplier")
    search_fields = ("sku__code",)
    ordering = ("needed_on", "-id")

    @admin.display(description="Advice")
    def kind_chip(self, row: Signal) -> str:
        return shown.chip(row.kind, KIND_TONES[row.kind])

    @admin.display(description="State")
    def state_chip(self, row: Signal) -> str:
        return shown.state(row.state)

    @admin.display(description="Needed")
    def needed(self, row: Signal) -> str:
        return shown.lateness(row.needed_on, clock.now().date())

    @admin.display(description="At stake")
    def value_words(self, row: Signal) -> str:
        return shown.money(row.value)

    @admin.action(description="Accept into draft purchase orders", permissions=["accept"])
    def accept_all(self, request: HttpRequest, queryset: QuerySet[Signal]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        try:
            orders = signalling.accept_signals(signal_ids=ids, actor=actor_of(request))
        except DomainError as refusal:
            messages.error(request, f"None was accepted. {refusal.message}")
        else:
            messages.success(request, drafted(orders))

    def has_accept_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this person may accept signals; what Django asks for the bulk action."""
        return request.user.has_perm(PERMISSION)

    def page_context(self, request: HttpRequest, row: Signal) -> dict[str, Any]:
        return {
            "kind": self.kind_chip(row),
            "state": self.state_chip(row),
            "needed": self.needed(row),
            "basis": [
                (BASIS_WORDS.get(name, shown.spelt(name).capitalize()), value)
                for name, value in row.basis.items()
                if not isinstance(value, list | dict)
            ],
            "explained": wording.explained(row),
            **_what_if(request, row),
        }


def _what_if(request: HttpRequest, row: Signal) -> dict[str, Any]:
    """Who would be served when by an order of the units and day asked for; by the signal's own first."""
    if row.kind != Signal.Kind.ORDER or row.state != Signal.State.OPEN:
        return {}
    asked = WhatIfForm(request.GET)
    data = asked.cleaned_data if asked.is_valid() else {}
    try:
        place = signalling.would_come_to([row])
    except DomainError:
        return {}
    seen = buying.purchase(
        sku_id=row.sku_id,
        qty=data.get("qty") or row.qty,
        expected_on=data.get("on") or signalling.would_come_on(row),
        location_id=place,
        most_rows=SERVED_AT_ONCE,
    )
    return {"would": seen, "would_rows": [_served(each) for each in seen.rows]}


def _served(row: buying.Served) -> dict[str, Any]:
    return {
        "line": row.line,
        "qty": row.qty,
        "promised": shown.day(row.promised_latest),
        "before": _when(row.before_qty, row.before_on),
        "after": _when(row.after_qty, row.after_on),
        "is_better": row.is_better,
    }


def _when(qty: int, on: date | None) -> str:
    return f"{qty} by {shown.day(on)}" if qty else "none"
