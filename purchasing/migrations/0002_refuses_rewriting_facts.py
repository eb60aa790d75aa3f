"""Facts cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("purchasing", "0001_opens_purchase_orders_and_receipts"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [
        append_only("purchasing_datechange"),
        append_only("purchasing_qtychange"),
        append_only("purchasing_receipt"),
        append_only("purchasing_receiptline"),
    ]
