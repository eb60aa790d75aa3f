"""The states of a purchase order, and when it ends by itself."""

from oms.kernel import states
from purchasing.models import PurchaseOrder

State = PurchaseOrder.State

MOVES: states.Moves = {
    State.DRAFT: frozenset({State.SENT, State.CONFIRMED, State.CANCELLED}),
    State.SENT: frozenset({State.CONFIRMED, State.CLOSED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.CLOSED, State.CANCELLED}),
}
OPEN_STATES = frozenset({State.SENT, State.CONFIRMED})
"""Orders in these states have supplies; what is only drafted promises nothing."""


def move(order: PurchaseOrder, *, to: str, **also: object) -> None:
    """Move a locked order to another state and count its version up, or raise WrongState."""
    states.move(order, to=to, moves=MOVES, version=order.version + 1, **also)
    order.version += 1


def bump(order: PurchaseOrder) -> None:
    """Count the version up after a change of a line; clients compare it before they write."""
    order.version += 1
    order.save(update_fields=["version"])


def check_not_ended(order: PurchaseOrder) -> None:
    """Refuse an order that is closed or cancelled."""
    if order.state not in MOVES:
        raise states.WrongState(f"{order} is {order.state}.", field="state")


def close_if_done(order: PurchaseOrder) -> None:
    """Close a locked order of which nothing is open any more (cancelled if nothing ever came)."""
    lines = list(order.lines.all())
    if order.state not in OPEN_STATES or any(line.open_qty for line in lines):
        return
    came = any(line.received_qty for line in lines)
    move(order, to=State.CLOSED if came else State.CANCELLED)
