"""What other systems told us cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("backorders", "0017_keeps_sums_promotions_and_tickets"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [append_only("backorders_ticket"), append_only("backorders_review")]
