"""A changed law renews the revision; what customers were given and what they set cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only
from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0003_keeps_a_policy_revision"),
        ("backorders", "0010_opens_the_law_and_exceptions"),
    ]
    operations: ClassVar = [
        *renews_revision(["backorders_delaypolicy"]),
        append_only("backorders_extraperiod"),
        append_only("backorders_makegood", except_columns=("policy_id",)),
        append_only("backorders_nevercancel", except_columns=("ended_at", "ended_by")),
    ]
