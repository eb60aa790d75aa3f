"""The law of delay in force, and what the jobs make of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backorders import shipped_law, tasks
from backorders.models import Deadline
from notifications import delivery
from oms.kernel import clock
from oms.orders import delivering
from oms.orders.models import Cancellation, Refund, Shipment
from tests.world import ANNA, World

NEW_YORK = "America/New_York"
US: dict[str, Any] = {"country": "US", "state_code": "NY", "currency": "USD"}


def there(day: date, hour: int = 12, zone: str = NEW_YORK) -> datetime:
    """An instant of a local day of the customer."""
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def begins(day: date, zone: str = NEW_YORK) -> datetime:
    """A minute into a local day."""
    return there(day, 0, zone) + timedelta(minutes=1)


def ordered(world: World, on: date, **more: Any) -> None:
    """One chair from America, promised for 1 October, with the law in force."""
    journey = clock._journey.get()
    assert journey
    journey.move_to(there(on))
    shipped_law.add_missing()
    world("po PO-7 CHAIR 10 expected 1 Oct")
    world.orders("A", ("CHAIR", 1), **{**US, **more})
    world.settle()


def slips(world: World, frozen: clock.Journey, on: date, to: str, *, told_on: date | None = None) -> None:
    """The supplier is late; the notice leaves on the same day, or on another."""
    frozen.move_to(there(on))
    world.slips("PO-7", to=to)
    world.plans()
    frozen.move_to(there(told_on or on))
    delivery.deliver_due()


def delivers(world: World, name: str = "A") -> None:
    """The carrier says that the customer has every parcel, now."""
    for shipment in Shipment.objects.filter(order__number=world.numbers[name]):
        delivering.record_delivery(
            external_id=f"d{shipment.pk}",
            source="client:carrier",
            shipment_id=shipment.pk,
            delivered_at=clock.now(),
            actor=ANNA,
        )


def sweeps(frozen: clock.Journey, at: datetime) -> int:
    """The job that looks at what is due, at an instant."""
    frozen.move_to(at)
    return tasks.sweep_deadlines()


def ended(world: World, name: str = "A") -> tuple[str, date | None, date, date | None]:
    """Why a line ended, and when its refund vests, is due and raises the alarm."""
    cancellation = Cancellation.objects.get(line=world.line(name))
    refund = Refund.objects.get(cancellation=cancellation)
    return cancellation.cause, refund.vested_on, refund.due_on, refund.alarm_on


def ends_on(world: World, name: str = "A") -> date:
    """The last day of a line as its open deadline has it."""
    return Deadline.objects.get(order_line=world.line(name), kind="end", closed_at=None).last_on
