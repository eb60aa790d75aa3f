"""The life of an order: accepted, held, cancelled in part or whole."""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from oms.kernel import clock, events, states
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import Conflict, InvalidValue
from oms.orders import locks
from oms.orders.drafts import CustomerDraft, OrderDraft, check
from oms.orders.models import Cancellation, Channel, Customer, Order, OrderLine

FIRST_NUMBER = 1000
MOVES: states.Moves = {
    Order.State.ACCEPTED: frozenset({Order.State.HELD, Order.State.CLOSED, Order.State.CANCELLED}),
    Order.State.HELD: frozenset({Order.State.ACCEPTED, Order.State.CANCELLED}),
}


class NothingToCancel(Conflict):
    """The line has less open than was asked to cancel."""

    code = "cannot_cancel"


@transaction.atomic
def accept_order(*, draft: OrderDraft, actor: Actor) -> Order:
    """Accept an order with a promise for each line, or refuse it whole and keep nothing.

    Raises InvalidValue for a value that can never be right, and what the promising listener refuses.
    """
    check(draft, today=clock.now().date())
    order = _open_order(draft)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            line_no=line.line_no,
            sku_id=line.sku_id,
            ordered_qty=line.qty,
            unit_price=line.unit_price,
            wanted_on=line.wanted_on,
            switched_from_id=line.switched_from_id,
        )
        for line in draft.lines
    )
    _publish_accepted(order, cart_holds=draft.cart_holds(), actor=actor)
    return order


@transaction.atomic
def add_line(*, order: Order, line: OrderLine, actor: Actor) -> OrderLine:
    """Accept one more line on an order, such as the one a customer switched to; lock the order first."""
    line.order = order
    line.line_no = max(order.lines.values_list("line_no", flat=True), default=0) + 1
    line.save()
    _publish_accepted(order, cart_holds={}, actor=actor)
    return line


@transaction.atomic
def cancel_qty(
    *, line_id: int, qty: int | None = None, cause: str, note: str = "", actor: Actor
) -> Cancellation:
    """Cancel part of a line (all that is open unless `qty` says less); others move up.

    Raises NothingToCancel, or what a listener refuses, such as goods already with the warehouse.
    """
    order_id = OrderLine.objects.values_list("order_id", flat=True).get(pk=line_id)
    order = locks.lock_order(order_id)
    line = order.lines.get(pk=line_id)
    return _cancel(order, [(line, line.open_qty if qty is None else qty)], cause, note, actor)[0]


@transaction.atomic
def cancel_order(*, order_id: int, cause: str, note: str = "", actor: Actor) -> list[Cancellation]:
    """Cancel all that is open on an order."""
    order = locks.lock_order(order_id)
    open_lines = [(line, line.open_qty) for line in order.lines.filter(open_qty__gt=0)]
    if not open_lines:
        raise NothingToCancel(f"Nothing is open on {order}.")
    return _cancel(order, open_lines, cause, note, actor)


@transaction.atomic
def cancel_lines(
    *, order_id: int, qtys: Mapping[int, int], cause: str, note: str = "", actor: Actor
) -> list[Cancellation]:
    """Cancel so many units of these lines (by id) of one order at once, told as one thing."""
    order = locks.lock_order(order_id)
    lines = [(line, qtys[line.pk]) for line in order.lines.filter(pk__in=qtys)]
    return _cancel(order, lines, cause, note, actor)


@transaction.atomic
def hold_order(*, order_id: int, cause: str, actor: Actor) -> Order:
    """Keep an order from being picked; it keeps its place and its claims."""
    cause_code(cause)
    order = locks.lock_order(order_id)
    states.move(order, to=Order.State.HELD, moves=MOVES)
    events.publish(events.OrderHeld(by=str(actor), subject=order.number, order_id=order.pk))
    return order


@transaction.atomic
def unhold_order(*, order_id: int, cause: str, actor: Actor) -> Order:
    """Let a held order go on."""
    cause_code(cause)
    order = locks.lock_order(order_id)
    if order.state != Order.State.HELD:
        raise states.WrongState(f"{order} is not held.", field="state")
    states.move(order, to=Order.State.ACCEPTED, moves=MOVES)
    events.publish(events.OrderUnheld(by=str(actor), subject=order.number, order_id=order.pk))
    return order


def close_if_done(order: Order) -> None:
    """Close an order with nothing open (cancelled if nothing ever shipped). The order is locked."""
    lines = list(order.lines.values_list("open_qty", "shipped_qty"))
    if order.state not in MOVES or any(open_qty for open_qty, _ in lines):
        return
    shipped = any(shipped_qty for _, shipped_qty in lines)
    if shipped and order.state == Order.State.HELD:
        states.move(order, to=Order.State.ACCEPTED, moves=MOVES)
    states.move(order, to=Order.State.CLOSED if shipped else Order.State.CANCELLED, moves=MOVES)


def _open_order(draft: OrderDraft) -> Order:
    order_id = _next_order_id()
    return Order.objects.create(
        pk=order_id,
        number=f"SO-{FIRST_NUMBER + order_id}",
        source=draft.source,
        external_id=draft.external_id,
        channel_id=draft.channel_id,
        customer=_customer(draft.channel_id, draft.customer),
        region=draft.region,
        country=draft.country,
        state_code=draft.state_code,
        ship_policy=draft.ship_policy,
        is_time_essential=draft.is_time_essential,
        is_on_credit=draft.is_on_credit,
        currency=draft.currency,
        priority=draft.priority,
        placed_at=draft.placed_at,
        accepted_at=clock.now(),
    )


def _next_order_id() -> int:
    # The number is made from the row's id, which therefore must be known before the insert.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('orders_order', 'id'))")
        row: tuple[int] = cursor.fetchone()
    return row[0]


def _customer(channel_id: int, draft: CustomerDraft) -> Customer:
    known = Customer.objects.filter(channel_id=channel_id, external_id=draft.external_id).first()
    fields = {
        "email": draft.email,
        "name": draft.name,
        "locale": draft.locale,
        "customer_class": draft.customer_class,
        "is_consumer": draft.is_consumer,
        # A second way that a channel does not tell stays known.
        **{name: told for name in ("other_email", "phone") if (told := getattr(draft, name))},
    }
    if known and all(getattr(known, name) == value for name, value in fields.items()):
        return known
    customer, _ = Customer.objects.update_or_create(
        channel_id=channel_id, external_id=draft.external_id, defaults=fields
    )
    return customer


def _publish_accepted(order: Order, *, cart_holds: Mapping[int, str], actor: Actor) -> None:
    channel = Channel.objects.values_list("code", flat=True).get(pk=order.channel_id)
    events.publish(
        events.OrderAccepted(
            by=str(actor),
            subject=order.number,
            channel_code=channel,
            order_id=order.pk,
            cart_holds=tuple(cart_holds.items()),
        )
    )


def _cancel(
    order: Order, wanted: Sequence[tuple[OrderLine, int]], cause: str, note: str, actor: Actor
) -> list[Cancellation]:
    """Write the cancellations, tell the others, close what is done."""
    code = cause_code(cause)
    for line, qty in wanted:
        if qty < 1:
            raise (
                InvalidValue("A quantity is at least 1.", field="qty")
                if line.open_qty
                else NothingToCancel(f"Nothing is open on {line}.")
            )
        if qty > line.open_qty:
            raise NothingToCancel(f"Only {line.open_qty} of {line} is open.", field="qty")
    now = clock.now()
    made = Cancellation.objects.bulk_create(
        Cancellation(line=line, qty=qty, cause=code, note=note, at=now, by=str(actor)) for line, qty in wanted
    )
    for line, qty in wanted:
        line.cancelled_qty += qty
    OrderLine.objects.bulk_update([line for line, _ in wanted], ["cancelled_qty"])
    events.publish(
        events.QtyCancelled(
            by=str(actor),
            subject=order.number,
            order_id=order.pk,
            cancellation_ids=tuple(cancellation.pk for cancellation in made),
        )
    )
    close_if_done(order)
    return made
