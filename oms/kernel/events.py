"""How lower apps tell upper ones what happened: one row in the log and one table of listeners."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from oms.kernel import bulk, clock
from oms.kernel.models import EventLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Ids only: a listener reads what it needs under its own lock."""

    by: str
    subject: str = ""
    channel_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(Event):
    """An order, or one more line of it; `cart_holds` pairs line numbers with the tokens they spend."""

    order_id: int
    cart_holds: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld(Event):
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnheld(Event):
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QtyCancelled(Event):
    cancellation_ids: tuple[int, ...]
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsShipped(Event):
    shipment_id: int
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickReturned(Event):
    """The warehouse gave back what it had been asked to pick."""

    pick_id: int
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsDelivered(Event):
    """The customer has a shipment, as the carrier or a person said."""

    shipment_id: int
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnInspected(Event):
    """What a customer sent back and is paid for was looked at; what it is worth stands in its lines."""

    return_id: int
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyAdded(Event):
    supply_ids: tuple[int, ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyMoved(Event):
    supply_ids: tuple[int, ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyCut(Event):
    """These supplies shall lose units. The listener sheds their worst-ranked claims, then they shrink."""

    cuts: tuple[tuple[int, int], ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockArrived(Event):
    """Goods came from incoming supplies into stock: (from supply, to supply, quantity)."""

    arrivals: tuple[tuple[int, int, int], ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCounted(Event):
    supply_id: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCleared(Event):
    supply_id: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged(Event):
    """A rule, cap or calendar changed; an empty tuple means every SKU with open demand."""

    sku_ids: tuple[int, ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseMoved(Event):
    order_id: int
    line_ids: tuple[int, ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackorderReleased(Event):
    order_id: int
    pick_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRecorded(Event):
    case_id: int
    choice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapReached(Event):
    """A counter came to its ceiling; `bucket_on` is the first day of its week or month, empty without."""

    cap_id: int
    name: str
    bucket_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRaised(Event):
    signal_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRegistered(Event):
    """The customer tendered money: an authorisation, or money already taken."""

    order_id: int
    payment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(Event):
    order_id: int
    payment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(Event):
    """The provider refused for good; `what` says which movement of money."""

    order_id: int
    payment_id: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(Event):
    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSent(Event):
    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSettled(Event):
    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(Event):
    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeUnreached(Event):
    """What the law wants told bounced, or failed for good; `subject` is the order it was about."""

    message_id: int


Listener = Callable[[Any], None]
_listeners: dict[type[Event], Sequence[Listener]] = {}


def subscribe(table: Mapping[type[Event], Sequence[Listener]]) -> None:
    """Take the one table of listeners, at start-up."""
    _listeners.update(table)


def listeners_of(kind: type[Event]) -> Sequence[Listener]:
    """Who hears this kind of event, in calling order."""
    return _listeners.get(kind, ())


def publish(event: Event) -> None:
    """Write the event and call its listeners in this transaction; a listener may refuse by raising."""
    publish_all([event])


def publish_all(happened: Sequence[Event]) -> None:
    """Write many events with one insert, then call their listeners in order."""
    bulk.insert(EventLog, [_row(event) for event in happened])
    for event in happened:
        for listener in listeners_of(type(event)):
            listener(event)


def _row(event: Event) -> EventLog:
    common = {field.name for field in fields(Event)}
    payload = {name: value for name, value in asdict(event).items() if name not in common}
    return EventLog(
        name=type(event).__name__,
        at=clock.now(),
        by=event.by,
        subject=event.subject,
        channel_code=event.channel_code,
        payload=payload,
    )
