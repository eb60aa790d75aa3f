"""One row whose id changes whenever a policy does, so that policies may be kept in memory."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.revisions import open_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [
        open_revision(),
    ]
