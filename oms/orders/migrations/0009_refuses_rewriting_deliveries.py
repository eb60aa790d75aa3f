"""A word about a delivery cannot be rewritten; a newer one stands in for it."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("orders", "0008_keeps_deliveries_and_what_returns_are_worth")]
    operations: ClassVar = [append_only("orders_delivery")]
