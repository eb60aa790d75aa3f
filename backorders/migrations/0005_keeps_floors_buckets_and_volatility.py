"""Floors kept for groups, ceilings of single buckets, and how volatile demand is."""

from typing import ClassVar

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("backorders", "0004_serves_by_policy"),
        ("kernel", "0003_keeps_a_policy_revision"),
        ("inventory", "0004_renews_the_policy_revision"),
        ("orders", "0003_renews_the_policy_revision"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="cap",
            name="bucket_ceilings",
            field=models.JSONField(
                blank=True, default=dict, help_text="Ceilings of single buckets: first day to units, or null."
            ),
        ),
        migrations.AddField(
            model_name="historicalcap",
            name="bucket_ceilings",
            field=models.JSONField(
                blank=True, default=dict, help_text="Ceilings of single buckets: first day to units, or null."
            ),
        ),
        migrations.AlterField(
            model_name="cap",
            name="backward",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Earlier buckets that may be used up.",
                validators=[django.core.validators.MaxValueValidator(53)],
            ),
        ),
        migrations.AlterField(
            model_name="cap",
            name="forward",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Later buckets that may be used up.",
                validators=[django.core.validators.MaxValueValidator(53)],
            ),
        ),
        migrations.AlterField(
            model_name="historicalcap",
            name="backward",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Earlier buckets that may be used up.",
                validators=[django.core.validators.MaxValueValidator(53)],
            ),
        ),
        migrations.AlterField(
            model_name="historicalcap",
            name="forward",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Later buckets that may be used up.",
                validators=[django.core.validators.MaxValueValidator(53)],
            ),
        ),
        migrations.CreateModel(
            name="HistoricalProtection",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("region", models.CharField(blank=True, default="", max_length=40)),
                ("customer_class", models.CharField(blank=True, default="", max_length=40)),
                ("qty", models.PositiveIntegerField(help_text="Units of each SKU.")),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="1 is the highest.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("core", "core: from all others"),
                            ("prioritised", "prioritised: from lower priority"),
                        ],
                        default="core",
                        max_length=12,
                    ),
                ),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, help_text="The last day.", null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="orders.channel",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sku",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory.sku",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical protection",
                "verbose_name_plural": "historical protections",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Protection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("region", models.CharField(blank=True, default="", max_length=40)),
                ("customer_class", models.CharField(blank=True, default="", max_length=40)),
                ("qty", models.PositiveIntegerField(help_text="Units of each SKU.")),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="1 is the highest.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("core", "core: from all others"),
                            ("prioritised", "prioritised: from lower priority"),
                        ],
                        default="core",
                        max_length=12,
                    ),
                ),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, help_text="The last day.", null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="protections",
                        to="orders.channel",
                    ),
                ),
                (
                    "sku",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="protections",
                        to="inventory.sku",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="ProtectionUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("consumed_qty", models.IntegerField(default=0)),
                (
                    "protection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usages",
                        to="backorders.protection",
                    ),
                ),
                (
                    "sku",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="protection_usages",
                        to="inventory.sku",
                    ),
                ),
            ],
            options={
                "verbose_name": "protection counter",
                "ordering": ("protection", "sku"),
            },
        ),
        migrations.CreateModel(
            name="ProtectionClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qty", models.PositiveIntegerField()),
                (
                    "cart_hold",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="protection_claims",
                        to="backorders.carthold",
                    ),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="protection_claims",
                        to="orders.orderline",
                    ),
                ),
                (
                    "usage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="claims",
                        to="backorders.protectionusage",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="SkuVolatility",
            fields=[
                (
                    "sku",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="volatility",
                        serialize=False,
                        to="inventory.sku",
                    ),
                ),
                ("weeks", models.PositiveSmallIntegerField(help_text="Weeks looked at.")),
                ("demand_qty", models.PositiveIntegerField(help_text="Units asked for in those weeks.")),
                ("cv", models.DecimalField(decimal_places=3, max_digits=8, verbose_name="CV")),
                ("measured_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "SKU volatilities",
                "ordering": ("-cv", "sku"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cv__gte", 0)), name="volatility_never_negative"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="protection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("category", ""), ("sku__isnull", False)),
                    models.Q(("sku__isnull", True), models.Q(("category", ""), _negated=True)),
                    _connector="OR",
                ),
                name="protects_a_sku_or_a_category",
            ),
        ),
        migrations.AddConstraint(
            model_name="protection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel__isnull", False), ("customer_class", ""), ("region", "")),
                    models.Q(
                        ("channel__isnull", True),
                        ("customer_class", ""),
                        models.Q(("region", ""), _negated=True),
                    ),
                    models.Q(
                        ("channel__isnull", True),
                        ("region", ""),
                        models.Q(("customer_class", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="protects_for_one_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="protection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on__isnull", True),
                    ("starts_on__isnull", True),
                    ("ends_on__gte", models.F("starts_on")),
                    _connector="OR",
                ),
                name="protection_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="protectionusage",
            constraint=models.UniqueConstraint(
                fields=("protection", "sku"), name="one_counter_per_protection_and_sku"
            ),
        ),
        migrations.AddConstraint(
            model_name="protectionusage",
            constraint=models.CheckConstraint(
                condition=models.Q(("consumed_qty__gte", 0)), name="protection_usage_never_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="protectionclaim",
            constraint=models.UniqueConstraint(
                fields=("usage", "order_line", "cart_hold"),
                name="one_claim_per_protection_and_line",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="protectionclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("order_line__isnull", False), ("cart_hold__isnull", False), _connector="XOR"
                ),
                name="protection_claim_of_a_line_or_a_cart",
            ),
        ),
        *renews_revision(["backorders_protection"]),
    ]
