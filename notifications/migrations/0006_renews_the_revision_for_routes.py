"""Changes of who tells what renew the revision."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0003_keeps_a_policy_revision"),
        ("notifications", "0005_routes_messages"),
    ]
    operations: ClassVar = [
        *renews_revision(["notifications_route"]),
    ]
