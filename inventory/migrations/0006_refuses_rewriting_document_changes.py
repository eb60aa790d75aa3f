"""Why a document of our own changed cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("inventory", "0005_opens_transfers_and_production_orders"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [append_only("inventory_documentchange")]
