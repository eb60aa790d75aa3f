"""Buttons on orders and lines: cancel, hold, let go on."""

from typing import Any

from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import CauseForm, QtyField, WhyForm
from oms.orders import lifecycle
from oms.orders.models import Order, OrderLine

CANCEL_CAUSES = ("customer_request", "fraud", "duplicate", "unpaid", "discontinued", "too_late", "other")
HOLD_CAUSES = ("fraud", "unpaid", "customer_request", "other")


class CancelOrder(Button[Order]):
    """Cancel all that is open."""

    slug = "cancel"
    label = "Cancel order"
    says = (
        "Cancels everything on this order that has not shipped, asks for the refund and tells the customer. "
        "The units go to the next in the queue. What the warehouse already has must be given back first."
    )
    icon = "cancel"
    tone = "bad"
    permission = "orders.cancel_order"
    causes = CANCEL_CAUSES

    def is_offered(self) -> bool:
        return self.row.state in (Order.State.ACCEPTED, Order.State.HELD)

    def press(self, data: dict[str, Any]) -> Done:
        made = lifecycle.cancel_order(order_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{shown.count(sum(each.qty for each in made), 'unit')} of {self.row} cancelled.")


class CancelLineForm(CauseForm):
    """How much of the line, and why."""

    qty = QtyField(label="Units to cancel")
    field_order = ("qty", "cause", "note")


class CancelLine(Button[OrderLine]):
    """Cancel a line or part of it."""

    slug = "cancel"
    label = "Cancel units"
    says = (
        "Cancels so many open units of this line, asks for the refund and tells the customer. "
        "A smaller line keeps its place in the queue."
    )
    icon = "cancel"
    tone = "bad"
    permission = "orders.cancel_order"
    form = CancelLineForm
    causes = CANCEL_CAUSES

    def is_offered(self) -> bool:
        return bool(self.row.open_qty)

    def initial(self) -> dict[str, Any]:
        return {"qty": self.row.open_qty}

    def press(self, data: dict[str, Any]) -> Done:
        made = lifecycle.cancel_qty(line_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{shown.count(made.qty, 'unit')} of {self.row} cancelled.")


class CancelRest(Button[OrderLine]):
    """Cancel all that is open of a line."""

    slug = "cancel-rest"
    label = "Cancel what is open"
    says = (
        "Cancels all open units of each line, asks for the refund and tells the customer. What the warehouse "
        "already has must be given back first."
    )
    icon = "cancel"
    tone = "bad"
    permission = "orders.cancel_order"
    causes = CANCEL_CAUSES

    def is_offered(self) -> bool:
        return bool(self.row.open_qty)

    def press(self, data: dict[str, Any]) -> Done:
        made = lifecycle.cancel_qty(line_id=self.row.pk, qty=self.row.open_qty, actor=self.actor, **data)
        return Done(f"{shown.count(made.qty, 'unit')} of {self.row} cancelled.")


class HoldOrder(Button[Order]):
    """Keep it from being picked."""

    slug = "hold"
    label = "Hold"
    says = "Keeps this order from being picked. It keeps its place in the queue and its claims on supply."
    icon = "pause"
    permission = "orders.hold_order"
    form = WhyForm
    causes = HOLD_CAUSES

    def is_offered(self) -> bool:
        return self.row.state == Order.State.ACCEPTED

    def press(self, data: dict[str, Any]) -> Done:
        lifecycle.hold_order(order_id=self.row.pk, cause=data["cause"], actor=self.actor)
        return Done(f"{self.row} is on hold.")


class UnholdOrder(Button[Order]):
    """Let it go on."""

    slug = "unhold"
    label = "Let it go on"
    says = "Ends the hold: what is ready may be picked again."
    icon = "play_arrow"
    tone = "go"
    permission = "orders.hold_order"
    form = WhyForm
    causes = ("other", "customer_request")

    def is_offered(self) -> bool:
        return self.row.state == Order.State.HELD

    def press(self, data: dict[str, Any]) -> Done:
        lifecycle.unhold_order(order_id=self.row.pk, cause=data["cause"], actor=self.actor)
        return Done(f"{self.row} goes on.")
