"""Facts cannot be rewritten: the trigger function, and the event log under it."""

from typing import ClassVar

from django.db import migrations

from oms.kernel.append_only import append_only, refuse_function


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("kernel", "0001_opens_the_event_log"),
    ]
    operations: ClassVar = [
        refuse_function(),
        append_only("kernel_eventlog"),
    ]
