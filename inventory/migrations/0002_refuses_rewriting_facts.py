"""Facts cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("inventory", "0001_opens_skus_locations_and_supply"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [
        append_only("inventory_movement"),
        append_only("inventory_stockcount"),
    ]
