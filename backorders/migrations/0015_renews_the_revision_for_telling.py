"""Changes of telling policies renew the revision; who was told midway is a fact."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only
from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0003_keeps_a_policy_revision"),
        ("backorders", "0014_opens_campaigns_and_watches"),
    ]
    operations: ClassVar = [
        *renews_revision(["backorders_tellingpolicy"]),
        append_only("backorders_waitupdate"),
    ]
