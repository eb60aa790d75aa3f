"""Forgets how far the daily sums had looked: the next run adds to them what they had no room for."""

from typing import Any

from django.db import migrations


def _forget(apps: Any, schema_editor: Any) -> None:
    apps.get_model("backorders", "KpiRoll").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = (("backorders", "0019_keeps_sums_by_month"),)

    operations = (migrations.RunPython(_forget, migrations.RunPython.noop),)
