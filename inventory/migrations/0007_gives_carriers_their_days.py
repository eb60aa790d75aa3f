"""The days on which a location's carrier moves parcels."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

import inventory.models.stock


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inventory", "0006_refuses_rewriting_document_changes")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="location",
            name="carrier_work_days",
            field=ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                default=inventory.models.stock.working_week,
                help_text=(
                    "Days on which the carrier moves parcels; its public holidays are those of the location."
                ),
                size=None,
            ),
        ),
    ]
