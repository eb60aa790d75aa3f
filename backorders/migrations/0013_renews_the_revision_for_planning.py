"""A changed planning policy renews the revision."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0003_keeps_a_policy_revision"),
        ("backorders", "0012_plans_purchases"),
    ]
    operations: ClassVar = [*renews_revision(["backorders_planningpolicy"])]
