"""Buttons on purchase lines and containers: change dates and quantities, having seen whom it makes late."""

from datetime import date
from typing import Any

from django import forms

from backorders import preview
from oms.kernel import clock, shown
from oms.kernel.admin.buttons import Button, Done, Preview
from oms.kernel.admin.forms import CauseForm, DateField, QtyField, WhyForm
from purchasing import changing, containers
from purchasing.lifecycle import OPEN_STATES
from purchasing.models import InboundShipment, PurchaseLine, PurchaseOrder

LINE_CAUSES = (
    *("supplier_late", "supplier_early", "transport_late", "customs", "supplier_short", "purchase_changed"),
    *("supplier_cancelled", "other"),
)


class ChangeForm(CauseForm):
    """The new day or quantity; what stays may be left as it is."""

    expected_on = DateField(label="Expected", help_text="When we believe the units are here.")
    confirmed_on = DateField(
        required=False, label="Confirmed", help_text="What the supplier acknowledged in writing."
    )
    qty = QtyField(label="Ordered units", help_text="In all, received ones included.")
    field_order = ("expected_on", "confirmed_on", "qty", "cause", "note")


class ChangeLine(Button[PurchaseLine]):
    """Slip, pull in, confirm, cut or grow a line."""

    slug = "change"
    label = "Change date or quantity"
    says = "Look first at whom a change would make late; nothing is written until you confirm it."
    icon = "edit_calendar"
    tone = "go"
    permission = "purchasing.change_purchaseline"
    form = ChangeForm
    causes = LINE_CAUSES
    confirm_label = "Change it and tell them"

    def is_offered(self) -> bool:
        open_states = (PurchaseOrder.State.DRAFT, *OPEN_STATES)
        return self.row.open_qty > 0 and self.row.purchase_order.state in open_states

    def initial(self) -> dict[str, Any]:
        line = self.row
        return {
            "expected_on": line.expected_on,
            "confirmed_on": line.confirmed_on,
            "qty": line.ordered_qty,
            "cause": "supplier_late",
        }

    def preview(self, data: dict[str, Any]) -> Preview | None:
        if self.row.purchase_order.state not in OPEN_STATES:
            return None
        done = self.row.received_qty + self.row.cancelled_qty
        seen = preview.slip(
            purchase_line_id=self.row.pk,
            expected_on=data["expected_on"],
            qty=data["qty"] - done - self._carried() if data["qty"] != self.row.ordered_qty else None,
        )
        return Preview("workplace/slip.html", {"slip": seen, "changes": self._changes(data)})

    def press(self, data: dict[str, Any]) -> Done:
        changed = self._changed(data)
        if not changed:
            return Done("Nothing was different, so nothing changed.")
        changing.change_line(
            line_id=self.row.pk, cause=data["cause"], note=data["note"], actor=self.actor, **changed
        )
        return Done(f"{self.row}: {', '.join(self._changes(data))}. Promises follow within a minute.")

    def _carried(self) -> int:
        """Units in containers, which have a supply and a day of their own."""
        return sum(self.row.inbound_lines.values_list("supply__quantity", flat=True))

    def _changed(self, data: dict[str, Any]) -> dict[str, Any]:
        new = {"expected_on": data["expected_on"], "confirmed_on": data["confirmed_on"], "qty": data["qty"]}
        old = {
            "expected_on": self.row.expected_on,
            "confirmed_on": self.row.confirmed_on,
            "qty": self.row.ordered_qty,
        }
        return {name: value for name, value in new.items() if value is not None and value != old[name]}

    def _changes(self, data: dict[str, Any]) -> list[str]:
        changed = self._changed(data)
        said = []
        if on := changed.get("expected_on"):
            said.append(f"expected {shown.day(on)} instead of {shown.day(self.row.expected_on)}")
        if on := changed.get("confirmed_on"):
            said.append(f"confirmed for {shown.day(on)}")
        if qty := changed.get("qty"):
            said.append(f"{qty:,} ordered instead of {self.row.ordered_qty:,}")
        return said


class GiveUpLine(Button[PurchaseLine]):
    """The rest will not come."""

    slug = "give-up"
    label = "Give up the rest"
    says = (
        "What is still to come of this line will not come. Customers who wait for it are re-planned and told."
    )
    icon = "cancel"
    tone = "bad"
    permission = "purchasing.change_purchaseline"
    causes = ("supplier_short", "supplier_cancelled", "purchase_changed", "discontinued", "other")

    def is_offered(self) -> bool:
        return self.row.open_qty > 0 and self.row.purchase_order.state in OPEN_STATES

    def preview(self, data: dict[str, Any]) -> Preview | None:
        seen = preview.slip(purchase_line_id=self.row.pk, qty=0)
        words = f"{shown.count(self.row.open_qty, 'unit')} will not come"
        return Preview("workplace/slip.html", {"slip": seen, "changes": [words]})

    confirm_label = "Give them up"

    def press(self, data: dict[str, Any]) -> Done:
        changing.cancel_line(line_id=self.row.pk, actor=self.actor, **data)
        return Done(f"The rest of {self.row} is given up.")


class MoveForm(CauseForm):
    """When the container is here."""

    expected_on = DateField(label="Expected")
    field_order = ("expected_on", "cause", "note")


class MoveContainer(Button[InboundShipment]):
    """All it carries slips or is pulled in."""

    slug = "move"
    label = "Move container"
    says = "Look first at whom the new day would make late; then everything in the container gets it at once."
    icon = "edit_calendar"
    tone = "go"
    permission = "purchasing.move_inboundshipment"
    form = MoveForm
    causes = ("transport_late", "customs", "supplier_late", "supplier_early", "other")
    confirm_label = "Move it and tell them"

    def is_offered(self) -> bool:
        return self.row.state == InboundShipment.State.OPEN

    def initial(self) -> dict[str, Any]:
        return {"expected_on": self.row.expected_on}

    def preview(self, data: dict[str, Any]) -> Preview | None:
        seen = preview.slip_container(shipment_id=self.row.pk, expected_on=data["expected_on"])
        words = f"expected {shown.day(data['expected_on'])} instead of {shown.day(self.row.expected_on)}"
        return Preview("workplace/slip.html", {"slip": seen, "changes": [words]})

    def press(self, data: dict[str, Any]) -> Done:
        containers.move_container(shipment_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row} is expected on {shown.day(data['expected_on'])}.")


class CancelContainer(Button[InboundShipment]):
    """It does not travel."""

    slug = "cancel"
    label = "Cancel container"
    says = (
        "It does not travel. What it carried is to come with its purchase lines again, with its claims, on "
        "the day you say."
    )
    icon = "cancel"
    tone = "bad"
    permission = "purchasing.move_inboundshipment"
    form = MoveForm
    causes = ("transport_late", "customs", "purchase_changed", "other")
    confirm_label = "Cancel it and tell them"

    def is_offered(self) -> bool:
        return self.row.state == InboundShipment.State.OPEN

    def preview(self, data: dict[str, Any]) -> Preview | None:
        seen = preview.slip_container(shipment_id=self.row.pk, expected_on=data["expected_on"])
        words = f"no container, expected {shown.day(data['expected_on'])}"
        return Preview("workplace/slip.html", {"slip": seen, "changes": [words]})

    def press(self, data: dict[str, Any]) -> Done:
        containers.cancel_container(shipment_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row} is cancelled.")


class AboardField(forms.CharField):
    """Purchase lines and units, one line each."""

    widget = forms.Textarea(attrs={"rows": 6, "placeholder": "PO-1042/1 120"})

    def clean(self, value: Any) -> list[tuple[int, int]]:
        rows = [line.split() for line in str(super().clean(value)).splitlines() if line.strip()]
        return [self._found(number, words) for number, words in enumerate(rows, start=1)]

    def _found(self, number: int, words: list[str]) -> tuple[int, int]:
        name, _, line_no = words[0].rpartition("/")
        if len(words) != 2 or not line_no.isdecimal() or not words[1].isdecimal():
            raise forms.ValidationError(
                f"Line {number}: write purchase order/line and units, as PO-1042/1 120."
            )
        line = PurchaseLine.objects.filter(purchase_order__number=name, line_no=int(line_no)).first()
        if line is None:
            raise forms.ValidationError(f"Line {number}: there is no purchase line {words[0]}.")
        return line.pk, int(words[1])


class FillForm(WhyForm):
    """A container to be."""

    number = forms.CharField(max_length=60, help_text="The container's or ASN's number.")
    expected_on = DateField(label="Expected")
    lines = AboardField(help_text="One purchase line per row: order/line and how many units travel.")
    field_order = ("number", "expected_on", "lines", "cause")

    def field_of(self, named: str) -> str | None:
        return "lines" if named.startswith("lines") else super().field_of(named)


class FillContainer(Button[InboundShipment]):
    """Put units of purchase lines into a container."""

    slug = "fill"
    label = "New container"
    says = (
        "Puts units of open purchase lines into one container; from then on they have its day, with "
        "their claims."
    )
    icon = "add"
    tone = "go"
    permission = "purchasing.move_inboundshipment"
    form = FillForm
    causes = ("purchase_changed", "other")

    def initial(self) -> dict[str, date]:
        return {"expected_on": clock.now().date()}

    def press(self, data: dict[str, Any]) -> Done:
        container = containers.open_container(actor=self.actor, **data)
        return Done(f"{container} is on its way.", shown.page_of(container))
