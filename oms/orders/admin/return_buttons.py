"""Buttons of returns: announce what a customer sends back, or say that they keep it."""

import re
from typing import Any

from django import forms

from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm, DateField, QtyField, WhyForm, once, once_field
from oms.orders import returning
from oms.orders.models import Order, OrderLine, Return


class AnnounceForm(AskForm):
    """How much of each line comes back, and when."""

    columns = ("Units that come back",)

    expected_on = DateField(label="Expected here")
    owes_refund = forms.BooleanField(
        required=False, label="Pay back", help_text="What comes back is paid back once it is inspected."
    )
    once = once_field()

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shipped = order.lines.filter(shipped_qty__gt=0).select_related("sku")
        self.lines: list[OrderLine] = list(shipped)
        for line in self.lines:
            field = QtyField(least=0, most=line.shipped_qty, required=False, label="units that come back")
            self.add_row(
                f"{line.line_no} · {line.sku} ({line.shipped_qty:,} shipped)", {f"qty_{line.pk}": field}
            )

    def back(self) -> list[tuple[int, int]]:
        """Line numbers with the units of each that come back."""
        named = [(line.line_no, self.cleaned_data.get(f"qty_{line.pk}")) for line in self.lines]
        return [(number, qty) for number, qty in named if qty]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.back():
            self.add_error(None, "Say of at least one line how many units come back.")
        return {**data, "lines": self.back()}

    def field_of(self, named: str) -> str | None:
        found = re.fullmatch(r"lines\[(\d+)\]\.\w+", named)
        if found is None:
            return super().field_of(named)
        number = self.back()[int(found[1])][0]
        return next(f"qty_{line.pk}" for line in self.lines if line.line_no == number)


class AnnounceReturn(Button[Order]):
    """A customer was told to send goods back."""

    slug = "announce-return"
    label = "Announce a return"
    says = (
        "Says what the customer sends back. It is supply from the day it is here and inspected, where a rule "
        "lets returns count."
    )
    icon = "assignment_return"
    permission = "orders.announce_return"
    form = AnnounceForm

    def is_offered(self) -> bool:
        return self.row.lines.filter(shipped_qty__gt=0).exists()

    def form_kwargs(self) -> dict[str, Any]:
        return {"order": self.row}

    def initial(self) -> dict[str, Any]:
        return once()

    def press(self, data: dict[str, Any]) -> Done:
        parent = returning.announce_return(
            external_id=data["once"],
            source=str(self.actor),
            order_id=self.row.pk,
            expected_on=data["expected_on"],
            lines=data["lines"],
            owes_refund=data["owes_refund"],
            actor=self.actor,
        )
        units = shown.count(sum(qty for _, qty in data["lines"]), "unit")
        return Done(f"{units} of {self.row} are to come back.", shown.page_of(parent))


class CancelReturn(Button[Return]):
    """The customer keeps the goods."""

    slug = "cancel"
    label = "Customer keeps it"
    says = "The goods do not come back. Orders that were promised from them are planned again."
    icon = "cancel"
    tone = "bad"
    permission = "orders.announce_return"
    form = WhyForm
    causes = ("customer_request", "other")

    def is_offered(self) -> bool:
        return self.row.state == Return.State.EXPECTED

    def press(self, data: dict[str, Any]) -> Done:
        returning.cancel_return(return_id=self.row.pk, cause=data["cause"], actor=self.actor)
        return Done(f"Return {self.row} is cancelled.")
