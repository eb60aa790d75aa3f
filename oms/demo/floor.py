"""The working day of a simulated shop: plans drained, goods picked and shipped, deadlines and mail swept."""

from functools import partial

from backorders import cancelling, choosing, releasing, replanning
from notifications import delivery
from oms.demo.acting import act
from oms.demo.crew import Crew
from oms.demo.tally import Tally
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.orders import shipping
from oms.orders.models import PickRequest

CARRIER = "Parcel Post"
ALONE = Crew()


def plan_again() -> None:
    """Re-plan every marked SKU until no mark is left, and release what became ready."""
    while done := replanning.replan_marked():
        releasing.release_ready(sku_ids=done)


def release_all() -> None:
    """Hand over whatever is allocated and may go."""
    while sku_ids := releasing.waiting_skus():
        if not releasing.release_ready(sku_ids=sku_ids):
            return


def ship_all(*, source: str, tally: Tally, actor: Actor, crew: Crew = ALONE) -> None:
    """Confirm the shipment of every open pick of the orders of one source."""
    picks = PickRequest.objects.filter(
        order__source=source, state__in=(PickRequest.State.OPEN, PickRequest.State.ACKED)
    )
    ids = picks.order_by("pk").values_list("pk", flat=True)
    crew.each(partial(ship, actor=actor), [(clock.now(), pick_id) for pick_id in ids])
    tally.shipments += len(ids)


def ship(pick_id: int, *, actor: Actor) -> None:
    """Confirm that all of one pick left just now."""
    act(
        shipping.confirm_shipment,
        external_id=f"SH-{pick_id}",
        source="demo-warehouse",
        pick_id=pick_id,
        carrier=CARRIER,
        tracking=f"PP{pick_id:09d}",
        scanned_at=clock.now(),
        lines=None,
        actor=actor,
    )


def sweep(tally: Tally, crew: Crew = ALONE) -> None:
    """Let silence mean what it means, end what is too late, and tell what there is to tell."""
    while answered := choosing.sweep_deadlines():
        tally.choices += answered
    cancelling.cancel_too_late()
    tally.messages += sum(crew.all(_deliver, (clock.now(), None)))


def _deliver(_: None) -> int:
    sent = 0
    while more := delivery.deliver_due():
        sent += more
    return sent
