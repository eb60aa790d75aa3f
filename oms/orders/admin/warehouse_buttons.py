"""Buttons of the warehouse: take a pick request, book what left, give it back, inspect a return."""

from decimal import Decimal
from typing import Any

from django import forms

from backorders import shorting
from oms.kernel import clock, shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm, DateField, QtyField, WhyForm, once, once_field
from oms.orders import returning, shipping
from oms.orders.models import PickLine, PickRequest, Return, ReturnLine
from oms.orders.returning import Worth

SHORT = (
    ("wait", "still comes with this request"),
    ("policy", "as the policy of each line says"),
    ("backorder", "waits again"),
    ("cancel", "is cancelled, refunded and told"),
)
MONEY = ("Paid back (empty: good and on hold)", "Kept for lost value")
OPEN = (PickRequest.State.OPEN, PickRequest.State.ACKED)


class AcknowledgeForm(AskForm):
    """The warehouse's own number."""

    external_id = forms.CharField(
        required=False, max_length=120, label="The warehouse's number", help_text="Empty if it has none."
    )


class AcknowledgePick(Button[PickRequest]):
    """The warehouse took the request."""

    slug = "acknowledge"
    label = "Acknowledge"
    says = "Says that the warehouse has taken this request."
    icon = "check"
    permission = "orders.ship_pickrequest"
    form = AcknowledgeForm

    def is_offered(self) -> bool:
        return self.row.state == PickRequest.State.OPEN

    def press(self, data: dict[str, Any]) -> Done:
        shipping.acknowledge_pick(pick_id=self.row.pk, external_id=data["external_id"], actor=self.actor)
        return Done(f"{self.row} is acknowledged.")


class ShipForm(AskForm):
    """What left, with whom."""

    columns = ("Units that left",)

    carrier = forms.CharField(required=False, max_length=60)
    tracking = forms.CharField(required=False, max_length=120, label="Tracking number")
    short_ship = forms.ChoiceField(
        label="What does not leave now", choices=SHORT, required=False, initial="wait"
    )
    once = once_field()

    def __init__(self, *args: Any, pick: PickRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: list[PickLine] = list(pick.lines.select_related("sku", "line__order"))
        for line in self.lines:
            left = line.qty - line.shipped_qty - line.returned_qty
            field = QtyField(least=0, most=left, required=False, initial=left, label="units that left")
            self.add_row(f"{line.sku} for {line.line}", {f"qty_{line.pk}": field})

    def left(self) -> list[tuple[int, int]]:
        """Pick lines with the units of each that left."""
        return [(line.pk, qty) for line in self.lines if (qty := self.cleaned_data.get(f"qty_{line.pk}"))]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.left():
            raise forms.ValidationError("Say of at least one line how many units left.")
        return {**data, "lines": self.left()}


class ShipPick(Button[PickRequest]):
    """Book that goods left."""

    slug = "ship"
    label = "Ship"
    says = "Books what the carrier has taken. The customer is told at once; this cannot be undone."
    icon = "local_shipping"
    tone = "go"
    permission = "orders.ship_pickrequest"
    form = ShipForm

    def is_offered(self) -> bool:
        return self.row.state in OPEN

    def form_kwargs(self) -> dict[str, Any]:
        return {"pick": self.row}

    def initial(self) -> dict[str, Any]:
        return once()

    def press(self, data: dict[str, Any]) -> Done:
        shipment = shipping.confirm_shipment(
            external_id=data["once"],
            source=str(self.actor),
            pick_id=self.row.pk,
            carrier=data["carrier"],
            tracking=data["tracking"],
            scanned_at=clock.now(),
            lines=data["lines"],
            actor=self.actor,
        )
        if data["short_ship"] not in ("", "wait"):
            shorting.settle_short(pick_id=self.row.pk, disposition=data["short_ship"], actor=self.actor)
        return Done(
            f"Shipment of {shown.count(sum(qty for _, qty in data['lines']), 'unit')} booked for "
            f"{shipment.order}."
        )


class ShipWholeForm(AskForm):
    """Who took them."""

    carrier = forms.CharField(required=False, max_length=60)


class ShipWhole(Button[PickRequest]):
    """Book that all of a request left."""

    slug = "ship-whole"
    label = "Ship all of it"
    says = "Books that the carrier has taken all of each request. Customers are told at once; this stays."
    icon = "local_shipping"
    tone = "go"
    permission = "orders.ship_pickrequest"
    form = ShipWholeForm

    def is_offered(self) -> bool:
        return self.row.state in OPEN

    def press(self, data: dict[str, Any]) -> Done:
        shipment = shipping.confirm_shipment(
            external_id=once()["once"],
            source=str(self.actor),
            pick_id=self.row.pk,
            carrier=data["carrier"],
            tracking="",
            scanned_at=clock.now(),
            lines=None,
            actor=self.actor,
        )
        return Done(f"Shipment booked for {shipment.order}.")


class GiveBackPick(Button[PickRequest]):
    """The warehouse will not ship the rest."""

    slug = "give-back"
    label = "Give back"
    says = (
        "The warehouse will not ship what is left of this request. The units stay allocated to the order "
        "and may be cancelled, or released again."
    )
    icon = "undo"
    permission = "orders.ship_pickrequest"
    form = WhyForm
    causes = ("count", "damaged", "quality", "customer_request", "other")

    def is_offered(self) -> bool:
        return self.row.state in OPEN

    def press(self, data: dict[str, Any]) -> Done:
        shipping.give_back_pick(pick_id=self.row.pk, cause=data["cause"], actor=self.actor)
        return Done(f"{self.row} is given back.")


class InspectForm(AskForm):
    """What became of each line."""

    def __init__(self, *args: Any, parent: Return, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parent, self.columns = (
            parent,
            ("Good", "On hold", "Hold clears", *MONEY[: 2 * parent.owes_refund]),
        )
        self.lines: list[ReturnLine] = list(parent.lines.select_related("line__order", "line__sku"))
        for row in self.lines:
            self.add_row(
                f"{row.qty} × {row.line.sku}",
                {
                    f"good_{row.pk}": QtyField(least=0, most=row.qty, initial=row.qty, label="good"),
                    f"held_{row.pk}": QtyField(least=0, most=row.qty, initial=0, label="on hold"),
                    f"clears_{row.pk}": DateField(required=False, label="hold clears"),
                    **(self._money(row) if parent.owes_refund else {}),
                },
            )

    def _money(self, row: ReturnLine) -> dict[str, forms.Field]:
        """What of a line is paid back; for a kit asked once, with its first part."""
        if any(other.line_id == row.line_id for other in self.lines if other.pk < row.pk):
            return {}
        price = row.line.unit_price * row.qty
        return {
            f"refund_{row.pk}": QtyField(least=0, most=row.qty, required=False, label="units paid back"),
            f"deduction_{row.pk}": forms.DecimalField(
                min_value=0, max_value=price, decimal_places=2, required=False, label="kept of their price"
            ),
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        verdicts = [
            (row.line.line_no, data[f"good_{row.pk}"], data[f"held_{row.pk}"], data[f"clears_{row.pk}"])
            for row in self.lines
        ]
        worth = {
            row.line.line_no: Worth(
                refund_qty=data[f"refund_{row.pk}"], deduction=data[f"deduction_{row.pk}"] or Decimal(0)
            )
            for row in self.lines
            if f"refund_{row.pk}" in data
        }
        return {**data, "verdicts": verdicts, "worth": worth}


class InspectReturn(Button[Return]):
    """Say what came back and in what condition."""

    slug = "inspect"
    label = "Inspect"
    says = (
        "Good units go to the shelf, where the next in the queue get them; what is neither good nor "
        "held is written off."
    )
    icon = "fact_check"
    tone = "go"
    permission = "orders.inspect_return"
    form = InspectForm

    def is_offered(self) -> bool:
        return self.row.state == Return.State.EXPECTED

    def form_kwargs(self) -> dict[str, Any]:
        return {"parent": self.row}

    def press(self, data: dict[str, Any]) -> Done:
        returning.inspect_return(
            return_id=self.row.pk, lines=data["verdicts"], worth=data["worth"], actor=self.actor
        )
        return Done(f"Return {self.row} is inspected.")
