"""Facts cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("notifications", "0001_opens_messages"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [
        append_only("notifications_attempt"),
    ]
