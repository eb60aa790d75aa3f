"""Buttons on purchase orders: draft, send, confirm, close, cancel, receive."""

import re
from datetime import date
from typing import Any

from django import forms

from inventory.models import Location, Sku
from oms.kernel import clock, shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm, DateField, QtyField, WhyForm, once, once_field
from purchasing import ordering, receiving
from purchasing.models import PurchaseLine, PurchaseOrder, Supplier

State = PurchaseOrder.State
OPEN = (State.SENT, State.CONFIRMED)


class LinesField(forms.CharField):
    """SKU, quantity and day, one line each; what a spreadsheet pastes is understood."""

    widget = forms.Textarea(attrs={"rows": 6, "placeholder": "CHAIR-OAK 120 2026-05-12"})

    def clean(self, value: Any) -> list[tuple[str, int, date | None]]:
        rows = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        return [self._parsed(number, row) for number, row in enumerate(rows, start=1)]

    def _parsed(self, number: int, row: str) -> tuple[str, int, date | None]:
        words = re.split(r"[\s;,]+", row)
        try:
            code, qty, *rest = words
            on = date.fromisoformat(rest[0]) if rest else None
            return code, int(qty), on
        except ValueError:
            raise forms.ValidationError(
                f"Line {number}: write SKU, whole quantity and, if it differs, the day as 2026-05-12."
            ) from None


class DraftForm(AskForm):
    """A purchase order to be."""

    number = forms.CharField(max_length=60, help_text="Your own number, such as PO-1042.")
    supplier = forms.ModelChoiceField(Supplier.objects.none())
    location = forms.ModelChoiceField(Location.objects.none(), label="Arrives at")
    expected_on = DateField(label="Expected", help_text="For lines that name no day of their own.")
    lines = LinesField(help_text="One line per SKU: code, quantity and, if it differs, the expected day.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].queryset = Supplier.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["location"].queryset = Location.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        codes = [code for code, _, _ in data["lines"]]
        known = dict(Sku.objects.filter(code__in=codes).values_list("code", "pk"))
        if unknown := [code for code in codes if code not in known]:
            self.add_error("lines", f"There is no SKU {unknown[0]}.")
            return data
        rows = [
            ordering.NewLine(
                line_no=number, sku_id=known[code], qty=qty, expected_on=on or data["expected_on"]
            )
            for number, (code, qty, on) in enumerate(data["lines"], start=1)
        ]
        return {**data, "rows": rows}

    def field_of(self, named: str) -> str | None:
        return "lines" if named.startswith("lines") else super().field_of(named)


class DraftOrder(Button[PurchaseOrder]):
    """Write a draft; nothing is promised from it until it is sent."""

    slug = "draft"
    label = "New purchase order"
    says = "Writes a draft. Nothing is promised from it until you send it."
    icon = "add"
    tone = "go"
    permission = "purchasing.place_purchaseorder"
    form = DraftForm

    def press(self, data: dict[str, Any]) -> Done:
        order = ordering.place(
            number=data["number"],
            supplier_id=data["supplier"].pk,
            location_id=data["location"].pk,
            state=State.DRAFT,
            lines=data["rows"],
            actor=self.actor,
        )
        return Done(f"{order} is drafted. Send it when it is right.", shown.page_of(order))


class LineForm(AskForm):
    """One more line."""

    sku = forms.CharField(max_length=80, label="SKU", help_text="Its code.")
    qty = QtyField(label="Units")
    expected_on = DateField(label="Expected")

    def clean_sku(self) -> Sku:
        code: str = self.cleaned_data["sku"].strip()
        if sku := Sku.objects.filter(code=code).first():
            return sku
        raise forms.ValidationError(f"There is no SKU {code}.")


class AddLine(Button[PurchaseOrder]):
    """One more SKU on the order."""

    slug = "add-line"
    label = "Add a line"
    says = (
        "Adds one SKU. On an order that is sent it is supply at once; on a draft it waits until you send it."
    )
    icon = "playlist_add"
    permission = "purchasing.place_purchaseorder"
    form = LineForm

    def is_offered(self) -> bool:
        return self.row.state in (State.DRAFT, *OPEN)

    def press(self, data: dict[str, Any]) -> Done:
        last = max(self.row.lines.values_list("line_no", flat=True), default=0)
        line = ordering.NewLine(
            line_no=last + 1, sku_id=data["sku"].pk, qty=data["qty"], expected_on=data["expected_on"]
        )
        ordering.add_line(purchase_order_id=self.row.pk, line=line, actor=self.actor)
        return Done(f"{shown.count(data['qty'], 'unit')} of {data['sku']} added to {self.row}.")


class SendOrder(Button[PurchaseOrder]):
    """From now on it is supply."""

    slug = "send"
    label = "Send"
    says = (
        "Says that the supplier has this order. From now on its lines are supply and orders may be "
        "promised from them."
    )
    icon = "send"
    tone = "go"
    permission = "purchasing.place_purchaseorder"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == State.DRAFT

    def press(self, data: dict[str, Any]) -> Done:
        ordering.send(purchase_order_id=self.row.pk, actor=self.actor)
        return Done(f"{self.row} is sent; its lines count as supply.")


class ConfirmOrder(Button[PurchaseOrder]):
    """The supplier agreed to all of it."""

    slug = "confirm"
    label = "Confirm"
    says = (
        "The supplier agreed to all lines on the days we expect. Confirm a single line with another day on "
        "that line's page."
    )
    icon = "verified"
    tone = "go"
    permission = "purchasing.place_purchaseorder"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == State.SENT

    def press(self, data: dict[str, Any]) -> Done:
        ordering.confirm(purchase_order_id=self.row.pk, actor=self.actor)
        return Done(f"{self.row} is confirmed.")


class CloseOrder(Button[PurchaseOrder]):
    """No more will come."""

    slug = "close"
    label = "Close"
    says = (
        "No more will come of this order. Customers who wait for the rest are re-planned, and those whose "
        "promise breaks are told."
    )
    icon = "done_all"
    permission = "purchasing.place_purchaseorder"
    form = WhyForm
    causes = ("supplier_short", "supplier_cancelled", "purchase_changed", "discontinued", "other")

    def is_offered(self) -> bool:
        return self.row.state in OPEN

    def press(self, data: dict[str, Any]) -> Done:
        ordering.close(purchase_order_id=self.row.pk, cause=data["cause"], actor=self.actor)
        return Done(f"{self.row} is closed.")


class CancelOrder(Button[PurchaseOrder]):
    """Nothing came and nothing will."""

    slug = "cancel"
    label = "Cancel"
    says = (
        "Nothing came of this order and nothing will. Customers who wait for it are re-planned, and those "
        "whose promise breaks are told."
    )
    icon = "cancel"
    tone = "bad"
    permission = "purchasing.place_purchaseorder"
    form = WhyForm
    causes = ("supplier_cancelled", "purchase_changed", "discontinued", "other")

    def is_offered(self) -> bool:
        return self.row.state in (State.DRAFT, *OPEN)

    def press(self, data: dict[str, Any]) -> Done:
        ordering.cancel(purchase_order_id=self.row.pk, cause=data["cause"], actor=self.actor)
        return Done(f"{self.row} is cancelled.")


class ReceiveForm(AskForm):
    """What came of each open line, and in what condition."""

    columns = ("Received", "of it rejected", "of it on hold", "Hold clears")

    may_exceed = forms.BooleanField(required=False, label="More came than was ordered, and that is right")
    once = once_field()

    def __init__(self, *args: Any, order: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: list[PurchaseLine] = [line for line in order.lines.select_related("sku") if line.open_qty]
        for line in self.lines:
            self.add_row(
                f"{line.line_no} · {line.sku} ({line.open_qty} open)",
                {
                    f"received_qty_{line.pk}": QtyField(least=0, required=False, label="received"),
                    f"rejected_qty_{line.pk}": QtyField(least=0, required=False, label="of it rejected"),
                    f"held_qty_{line.pk}": QtyField(least=0, required=False, label="of it on hold"),
                    f"hold_clears_on_{line.pk}": DateField(required=False, label="hold clears"),
                },
            )

    def came(self) -> list[PurchaseLine]:
        """The lines of which something came."""
        return [line for line in self.lines if self.cleaned_data.get(f"received_qty_{line.pk}")]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        if not self.came():
            raise forms.ValidationError("Say of at least one line how many units came.")
        return {**data, "received": [self._received(line, data) for line in self.came()]}

    def field_of(self, named: str) -> str | None:
        found = re.fullmatch(r"lines\[(\d+)\]\.(\w+)", named)
        if found is None or int(found[1]) >= len(self.came()):
            return super().field_of(named)
        return super().field_of(f"{found[2]}_{self.came()[int(found[1])].pk}")

    def _received(self, line: PurchaseLine, data: dict[str, Any]) -> receiving.ReceivedLine:
        return receiving.ReceivedLine(
            line_no=line.line_no,
            received_qty=data[f"received_qty_{line.pk}"],
            rejected_qty=data[f"rejected_qty_{line.pk}"] or 0,
            held_qty=data[f"held_qty_{line.pk}"] or 0,
            hold_clears_on=data[f"hold_clears_on_{line.pk}"],
        )


class ReceiveOrder(Button[PurchaseOrder]):
    """Book what arrived."""

    slug = "receive"
    label = "Receive goods"
    says = (
        "Books what arrived. Customers who wait for it get it first, best rank first; only what is left over "
        "is free. Rejected units are cut from the order; held units go on a quality hold."
    )
    icon = "move_to_inbox"
    tone = "go"
    permission = "purchasing.receive_purchaseorder"
    form = ReceiveForm

    def is_offered(self) -> bool:
        return self.row.state in OPEN

    def form_kwargs(self) -> dict[str, Any]:
        return {"order": self.row}

    def initial(self) -> dict[str, Any]:
        return once()

    def press(self, data: dict[str, Any]) -> Done:
        receipt = receiving.receive(
            external_id=data["once"],
            source=str(self.actor),
            purchase_order_id=self.row.pk,
            received_at=clock.now(),
            lines=data["received"],
            may_exceed=data["may_exceed"],
            actor=self.actor,
        )
        units = sum(line.received_qty for line in data["received"])
        return Done(f"{shown.count(units, 'unit')} of {self.row} received.", shown.page_of(receipt))
