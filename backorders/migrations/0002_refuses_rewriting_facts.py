"""Facts cannot be rewritten."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("backorders", "0001_opens_policies_queue_and_promises"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [
        append_only("backorders_promise", except_columns=("superseded_at",)),
        append_only("backorders_causetag"),
        append_only("backorders_choice"),
        append_only("backorders_refuseddemand"),
    ]
