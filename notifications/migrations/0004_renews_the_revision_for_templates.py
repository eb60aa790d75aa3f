"""Changes of templates renew the revision."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0003_keeps_a_policy_revision"),
        ("notifications", "0003_opens_templates_and_addresses"),
    ]
    operations: ClassVar = [*renews_revision(["notifications_lettertemplate"])]
