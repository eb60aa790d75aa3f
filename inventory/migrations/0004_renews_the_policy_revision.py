"""Changes of policy renew the revision."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0003_keeps_a_policy_revision"),
        ("inventory", "0003_asks_our_clock"),
    ]
    operations: ClassVar = [
        *renews_revision(["inventory_location"]),
    ]
