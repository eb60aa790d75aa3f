"""Opens the links to orders and the statements of withdrawal, which nobody rewrites."""

import django.db.models.deletion
from django.db import migrations, models

from oms.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("backorders", "0015_renews_the_revision_for_telling"),
        ("orders", "0003_renews_the_policy_revision"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("issued_at", models.DateTimeField()),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, help_text="Opens nothing since then.", null=True),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="orders.order"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(help_text="Of the form it was sent with.", max_length=64, unique=True),
                ),
                ("given_order", models.CharField(help_text="As it was typed.", max_length=80)),
                (
                    "given_email",
                    models.CharField(blank=True, default="", help_text="As it was typed.", max_length=254),
                ),
                (
                    "given_name",
                    models.CharField(blank=True, default="", help_text="As it was typed.", max_length=200),
                ),
                (
                    "wanted",
                    models.JSONField(default=dict, help_text="Units by line number; empty: the whole order."),
                ),
                ("language", models.CharField(default="en", max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("waiting", "waits for the warehouse"),
                            ("settled", "Settled"),
                            ("unmatched", "names no order"),
                        ],
                        default="received",
                        max_length=10,
                    ),
                ),
                ("outcome", models.JSONField(default=list, help_text="What became of each line.")),
                ("at", models.DateTimeField(help_text="When it was received.")),
                ("by", models.CharField(max_length=120)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawals",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("received", "waiting"))),
                        fields=["at"],
                        name="withdrawals_to_settle",
                    ),
                    models.Index(fields=["given_order", "at"], name="withdrawals_by_given_order"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "settled"), _negated=True),
                            ("order__isnull", False),
                            _connector="OR",
                        ),
                        name="settled_withdrawal_has_an_order",
                    )
                ],
            },
        ),
        append_only("backorders_withdrawal", except_columns=("order_id", "state", "outcome", "settled_at")),
    ]
