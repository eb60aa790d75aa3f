"""The inbox of webhooks, and accounts with Klaviyo."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = [
        ("orders", "0005_lets_refunds_settle_and_fail"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Inbound",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("account", models.CharField(max_length=40)),
                (
                    "delivery_key",
                    models.CharField(help_text="The sender's own id of this delivery.", max_length=160),
                ),
                ("body", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("done", "Done"), ("failed", "Failed")],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, default="", max_length=300)),
            ],
            options={
                "verbose_name": "inbound webhook",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["id"], name="webhooks_to_apply"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "account", "delivery_key"), name="one_row_per_webhook_delivery"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KlaviyoAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("sealed_key", models.TextField(blank=True, default="", editable=False)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "paused_until",
                    models.DateTimeField(blank=True, help_text="Klaviyo asked us to wait.", null=True),
                ),
                (
                    "leased_until",
                    models.DateTimeField(blank=True, help_text="One sender at a time.", null=True),
                ),
                ("needs_person", models.CharField(blank=True, default="", max_length=300)),
                (
                    "channel",
                    models.OneToOneField(
                        blank=True,
                        help_text="Whose customers it tells; empty for all shops without an account of their own.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="klaviyo",
                        to="orders.channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "Klaviyo account",
                "ordering": ("code",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("channel__isnull", True), ("is_active", True)),
                        fields=("is_active",),
                        name="one_klaviyo_for_all_other_shops",
                    )
                ],
            },
        ),
    ]
