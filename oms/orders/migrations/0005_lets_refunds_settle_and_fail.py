"""Refunds settle, fail, and may have another cause than a cancellation."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("orders", "0004_dates_refunds_by_law"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="refund",
            name="cause",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="refund",
            name="external_id",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.AddField(
            model_name="refund",
            name="failure",
            field=models.CharField(
                blank=True, default="", help_text="Why it did not arrive.", max_length=300
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="note",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
        migrations.AddField(
            model_name="refund",
            name="settled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="refund",
            name="source",
            field=models.CharField(blank=True, default="", help_text="Who asked, if not we.", max_length=120),
        ),
        migrations.AlterField(
            model_name="refund",
            name="cancellation",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund",
                to="orders.cancellation",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("source", "external_id"),
                name="one_refund_per_external_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cancellation__isnull", False), models.Q(("cause", ""), _negated=True), _connector="OR"
                ),
                name="refund_has_a_cause",
            ),
        ),
    ]
