"""What is not kept on a shelf: a drop in two runs, a preorder, and what is bought once it is sold."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from inventory.models import Sku
from oms.demo import shop
from oms.demo.acting import act
from oms.demo.living import Life
from oms.kernel import clock
from oms.kernel.actors import user
from purchasing import ordering
from purchasing.models import PurchaseOrder, Supplier, SupplierSku
from purchasing.ordering import NewLine

BUYER = user("buyer")
FIRST_RUN_DAYS, SECOND_RUN_DAYS = 3, 8


def announce(life: Life, now: datetime) -> None:
    """On the first day: the terms of all of them, both runs of the drop, and the launch to come at `now`."""
    for role, days in {shop.DROP: 30, shop.PREORDER: 30, **shop.BOUGHT_WHEN_SOLD}.items():
        _terms(life, role.sku, days)
    drop, launched = life.made.skus[shop.DROP.sku], life.made.skus[shop.PREORDER.sku]
    maker = life.buyers["LON"].source_of[drop.pk].supplier
    soon = clock.now().date() + timedelta(days=FIRST_RUN_DAYS)
    late = now.date() + timedelta(days=SECOND_RUN_DAYS)
    first = place(life, "PO-DROP-1", maker, [drop], qty=300, expected_on=soon)
    life.buyers["LON"].diary.to_receive[soon].append(first.pk)
    place(life, "PO-DROP-2", maker, [drop], qty=240, expected_on=late)
    place(life, "PO-LAUNCH", maker, [launched], qty=120, expected_on=shop.launch_day(now.date()))


def place(
    life: Life, number: str, supplier: Supplier, skus: Iterable[Sku], *, qty: int, expected_on: date
) -> PurchaseOrder:
    """Send one purchase of so many units of each SKU, to come to London."""
    lines = [
        NewLine(line_no=no, sku_id=sku.pk, qty=qty, expected_on=expected_on)
        for no, sku in enumerate(skus, start=1)
    ]
    return act(
        ordering.place,
        number=number,
        supplier_id=supplier.pk,
        location_id=life.made.locations["LON"].pk,
        lines=lines,
        actor=BUYER,
    )


def _terms(life: Life, code: str, days: int) -> None:
    sku = life.made.skus[code]
    SupplierSku.objects.create(
        supplier=life.buyers["LON"].source_of[sku.pk].supplier,
        sku=sku,
        lead_time_days=days,
        moq=6,
        pack_qty=2,
        currency=shop.CURRENCY,
    )
