"""Buttons for what customers tell us: a parcel came, a contract is withdrawn from."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from backorders import lawbook, withdrawing
from oms.kernel import clock, shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm, DateField, QtyField, once, once_field
from oms.orders import delivering
from oms.orders.models import Order, OrderLine, Shipment


class DeliveredForm(AskForm):
    """The day the customer had it."""

    delivered_on = DateField(label="Delivered on", help_text="Where the customer is.")
    once = once_field()

    def field_of(self, named: str) -> str | None:
        return "delivered_on" if named == "delivered_at" else super().field_of(named)


class SayDelivered(Button[Shipment]):
    """The customer has it."""

    slug = "delivered"
    label = "Was delivered"
    says = (
        "Says on which day the customer had this parcel. The days to withdraw and what the law of delay asks "
        "count from it; until somebody says so, they count from the carrier's transit days."
    )
    icon = "home_pin"
    permission = "orders.record_delivery"
    form = DeliveredForm

    def initial(self) -> dict[str, Any]:
        return once()

    def press(self, data: dict[str, Any]) -> Done:
        zone = ZoneInfo(lawbook.zone_of_order(self.row.order))
        # A day is all we are told: the last minute of it, or now if it is not over yet.
        end = datetime.combine(data["delivered_on"], time(23, 59), zone)
        at = min(end, clock.now()) if data["delivered_on"] == clock.now().astimezone(zone).date() else end
        delivering.record_delivery(
            external_id=data["once"],
            source=str(self.actor),
            shipment_id=self.row.pk,
            delivered_at=at,
            actor=self.actor,
        )
        return Done(f"{self.row} was delivered on {shown.day(data['delivered_on'])}.")


class WithdrawalForm(AskForm):
    """From what the customer withdraws, and since when we know."""

    columns = ("Units withdrawn from",)

    received_on = DateField(label="Received on", help_text="The day it reached us: the law counts from it.")
    given_name = forms.CharField(required=False, max_length=200, label="Given by")
    once = once_field()

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: list[OrderLine] = list(order.lines.select_related("sku"))
        for line in self.lines:
            most = line.open_qty + line.shipped_qty
            field = QtyField(least=0, most=most, required=False, initial=most, label="units")
            self.add_row(f"{line.line_no} · {line.sku}", {f"qty_{line.pk}": field})

    def field_of(self, named: str) -> str | None:
        return "received_on" if named == "received_at" else super().field_of(named)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        named = {line.line_no: data.get(f"qty_{line.pk}") for line in self.lines}
        wanted = {number: qty for number, qty in named.items() if qty}
        if not self.errors and not wanted:
            self.add_error(None, "Say of at least one line how many units.")
        return {**data, "wanted": wanted}


class RecordWithdrawal(Button[Order]):
    """A customer withdrew by telephone, letter or mail."""

    slug = "withdraw"
    label = "Record a withdrawal"
    says = (
        "Records that the customer withdraws from the contract, and acts on it as the law says: what was not "
        "sent is cancelled, what was sent comes back as a return. The customer has it confirmed by mail."
    )
    icon = "contract_delete"
    tone = "bad"
    permission = "backorders.settle_withdrawal"
    form = WithdrawalForm

    def is_offered(self) -> bool:
        return bool(lawbook.withdrawal_days(self.row))

    def form_kwargs(self) -> dict[str, Any]:
        return {"order": self.row}

    def initial(self) -> dict[str, Any]:
        zone = ZoneInfo(lawbook.zone_of_order(self.row))
        return {**once(), "received_on": clock.now().astimezone(zone).date()}

    def press(self, data: dict[str, Any]) -> Done:
        zone = ZoneInfo(lawbook.zone_of_order(self.row))
        noon = datetime.combine(data["received_on"], time(12), zone)
        is_today = data["received_on"] == clock.now().astimezone(zone).date()
        row = withdrawing.record_for(
            key=data["once"],
            order_id=self.row.pk,
            wanted=data["wanted"],
            given_name=data["given_name"],
            received_at=None if is_today else max(noon, self.row.placed_at),
            actor=self.actor,
        )
        return Done(f"The withdrawal from {self.row} is recorded.", shown.page_of(row))
