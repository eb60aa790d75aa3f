"""Parcels arrive: the carrier or a person says when a customer had a shipment; the newest word counts."""

from datetime import datetime

from django.db import transaction

from inventory.bounds import check_external_id, check_past_instant
from oms.kernel import clock, events
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, InvalidValue, NotFound
from oms.orders import locks
from oms.orders.models import Delivery, Shipment


class DeliveryTaken(Conflict):
    """The external id stands for the delivery of another shipment already."""

    code = "delivery_taken"


@transaction.atomic
def record_delivery(
    *, external_id: str, source: str, shipment_id: int, delivered_at: datetime, actor: Actor
) -> Delivery:
    """Write when the customer had a shipment; a later word stands in for an earlier one, and both are kept.

    The same (source, external_id) again gives the same delivery and changes nothing. Raises NotFound,
    DeliveryTaken, and InvalidValue for an instant to come or before the carrier had the goods.
    """
    order_id = Shipment.objects.filter(pk=shipment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such shipment.")
    order = locks.lock_order(order_id)
    check_external_id(external_id)
    if known := Delivery.objects.filter(source=source, external_id=external_id).first():
        if known.shipment_id != shipment_id:
            raise DeliveryTaken(f"{external_id} is the delivery of another shipment.", field="external_id")
        return known
    shipment = Shipment.objects.get(pk=shipment_id)
    check_past_instant(delivered_at, field="delivered_at")
    if delivered_at < shipment.scanned_at:
        raise InvalidValue("No parcel arrives before its carrier has it.", field="delivered_at")
    delivery = Delivery.objects.create(
        shipment=shipment,
        external_id=external_id,
        source=source,
        delivered_at=delivered_at,
        at=clock.now(),
        by=str(actor),
    )
    events.publish(
        events.GoodsDelivered(
            by=str(actor),
            subject=order.number,
            channel_code=order.channel.code,
            shipment_id=shipment_id,
            order_id=order_id,
        )
    )
    return delivery
