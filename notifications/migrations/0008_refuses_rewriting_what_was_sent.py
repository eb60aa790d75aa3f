"""The words of a message that was sent are evidence: they stay, until their time is over."""

from typing import ClassVar

from django.db import migrations

TABLE = "notifications_message"
# It may still bounce; nothing else about it may change, and nobody may remove it.
MAY_CHANGE = "'state', 'provider_id', 'claimed_at', 'due_at'"


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("notifications", "0007_tells_otherwise"),
        ("kernel", "0002_refuses_rewriting_facts"),
    ]
    operations: ClassVar = [
        migrations.RunSQL(
            f"CREATE TRIGGER {TABLE}_sent BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW "
            f"WHEN (OLD.state = 'sent') EXECUTE FUNCTION oms_refuse_rewrite({MAY_CHANGE})",
            f"DROP TRIGGER IF EXISTS {TABLE}_sent ON {TABLE}",
        )
    ]
