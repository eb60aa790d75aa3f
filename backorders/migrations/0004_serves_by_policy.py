"""Queue and release policies, loans, pinned demand, and notices told once per order."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from oms.kernel.append_only import append_only
from oms.kernel.revisions import renews_revision


class Migration(migrations.Migration):
    dependencies = [
        ("backorders", "0003_renews_the_policy_revision"),
        ("inventory", "0004_renews_the_policy_revision"),
        ("orders", "0003_renews_the_policy_revision"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalQueuePolicy",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=120)),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("region", models.CharField(blank=True, default="", max_length=40)),
                (
                    "priority",
                    models.IntegerField(
                        default=0, help_text="Between policies of the same scope the highest wins."
                    ),
                ),
                (
                    "allocation_class",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Class of orders accepted from now on; the lowest is first. Empty: the channel's.",
                        null=True,
                    ),
                ),
                (
                    "starve_after_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Days waiting from which a line moves up. Empty: never.",
                        null=True,
                    ),
                ),
                (
                    "tier_every_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="One class up for each so many days more.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "lock_days",
                    models.PositiveIntegerField(
                        default=3,
                        help_text="So many days before it ships nothing is gambled with a far-dated line's goods.",
                    ),
                ),
                (
                    "may_borrow",
                    models.BooleanField(
                        default=True,
                        help_text="May take goods kept for a far-dated line that inbound covers again in time.",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical queue policy",
                "verbose_name_plural": "historical queue policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalReleasePolicy",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=120)),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("region", models.CharField(blank=True, default="", max_length=40)),
                (
                    "priority",
                    models.IntegerField(
                        default=0, help_text="Between policies of the same scope the highest wins."
                    ),
                ),
                (
                    "complete_policy",
                    models.CharField(
                        choices=[
                            ("skip", "skip: pass over a ship-complete line that cannot be filled"),
                            ("hold", "hold: keep what is there for it and top it up"),
                        ],
                        default="skip",
                        max_length=4,
                    ),
                ),
                (
                    "line_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        help_text="Of each line.",
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "order_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        help_text="Of the order.",
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[("qty", "units"), ("value", "Value")],
                        default="qty",
                        help_text="What the order's share is counted in.",
                        max_length=5,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical release policy",
                "verbose_name_plural": "historical release policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qty", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=120)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="QueuePolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=120)),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("region", models.CharField(blank=True, default="", max_length=40)),
                (
                    "priority",
                    models.IntegerField(
                        default=0, help_text="Between policies of the same scope the highest wins."
                    ),
                ),
                (
                    "allocation_class",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Class of orders accepted from now on; the lowest is first. Empty: the channel's.",
                        null=True,
                    ),
                ),
                (
                    "starve_after_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Days waiting from which a line moves up. Empty: never.",
                        null=True,
                    ),
                ),
                (
                    "tier_every_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="One class up for each so many days more.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "lock_days",
                    models.PositiveIntegerField(
                        default=3,
                        help_text="So many days before it ships nothing is gambled with a far-dated line's goods.",
                    ),
                ),
                (
                    "may_borrow",
                    models.BooleanField(
                        default=True,
                        help_text="May take goods kept for a far-dated line that inbound covers again in time.",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name_plural": "queue policies",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="ReleasePolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=120)),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("region", models.CharField(blank=True, default="", max_length=40)),
                (
                    "priority",
                    models.IntegerField(
                        default=0, help_text="Between policies of the same scope the highest wins."
                    ),
                ),
                (
                    "complete_policy",
                    models.CharField(
                        choices=[
                            ("skip", "skip: pass over a ship-complete line that cannot be filled"),
                            ("hold", "hold: keep what is there for it and top it up"),
                        ],
                        default="skip",
                        max_length=4,
                    ),
                ),
                (
                    "line_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        help_text="Of each line.",
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "order_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        help_text="Of the order.",
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[("qty", "units"), ("value", "Value")],
                        default="qty",
                        help_text="What the order's share is counted in.",
                        max_length=5,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name_plural": "release policies",
                "ordering": ("name", "id"),
            },
        ),
        migrations.AddField(
            model_name="atprule",
            name="tell_earlier_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Earlier than promised by so many days is told at once. Empty: when it ships.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddField(
            model_name="delaycase",
            name="told_at",
            field=models.DateTimeField(
                blank=True, help_text="When it was asked: once all of its order is planned.", null=True
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="location",
            field=models.ForeignKey(
                blank=True,
                help_text="The only place that may serve it; empty for any that ships to its region.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="demands",
                to="inventory.location",
            ),
        ),
        migrations.AddField(
            model_name="historicalatprule",
            name="tell_earlier_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Earlier than promised by so many days is told at once. Empty: when it ships.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddIndex(
            model_name="delaycase",
            index=models.Index(
                condition=models.Q(("closed_at", None), ("told_at", None)),
                fields=["opened_at"],
                name="cases_not_told_yet",
            ),
        ),
        migrations.AddIndex(
            model_name="demand",
            index=models.Index(
                condition=models.Q(("open_qty__gt", 0), ("wanted_on__isnull", False)),
                fields=["sku", "wanted_on"],
                name="far_dated_demand_of_a_sku",
            ),
        ),
        migrations.AddField(
            model_name="historicalqueuepolicy",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="orders.channel",
            ),
        ),
        migrations.AddField(
            model_name="historicalqueuepolicy",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalqueuepolicy",
            name="sku",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory.sku",
            ),
        ),
        migrations.AddField(
            model_name="historicalreleasepolicy",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="orders.channel",
            ),
        ),
        migrations.AddField(
            model_name="historicalreleasepolicy",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalreleasepolicy",
            name="sku",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory.sku",
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="borrower",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="borrowed", to="backorders.demand"
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="inbound",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.supply"
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="lender",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="lent", to="backorders.demand"
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="stock",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.supply"
            ),
        ),
        migrations.AddField(
            model_name="queuepolicy",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="queue_policies",
                to="orders.channel",
            ),
        ),
        migrations.AddField(
            model_name="queuepolicy",
            name="sku",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="queue_policies",
                to="inventory.sku",
            ),
        ),
        migrations.AddField(
            model_name="releasepolicy",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="release_policies",
                to="orders.channel",
            ),
        ),
        migrations.AddField(
            model_name="releasepolicy",
            name="sku",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="release_policies",
                to="inventory.sku",
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(("qty__gte", 1)), name="loan_lends_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="queuepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("starve_after_days__isnull", True), ("tier_every_days__isnull", True)),
                    models.Q(("starve_after_days__isnull", False), ("tier_every_days__gte", 1)),
                    _connector="OR",
                ),
                name="guard_says_when_and_how_fast",
            ),
        ),
        migrations.AddConstraint(
            model_name="releasepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("line_percent__gte", 0),
                    ("line_percent__lte", 100),
                    ("order_percent__gte", 0),
                    ("order_percent__lte", 100),
                ),
                name="release_shares_are_percentages",
            ),
        ),
        append_only("backorders_loan"),
        *renews_revision(["backorders_queuepolicy", "backorders_releasepolicy"]),
    ]
