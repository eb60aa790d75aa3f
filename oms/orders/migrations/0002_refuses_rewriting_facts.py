"""Facts cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("orders", "0001_opens_orders_and_shipments"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [
        append_only("orders_cancellation"),
        append_only("orders_shipment"),
        append_only("orders_shipmentline"),
    ]
