"""Orders of a day are found without reading all."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0005_lets_refunds_settle_and_fail"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["accepted_at"], name="orders_by_day"),
        ),
    ]
