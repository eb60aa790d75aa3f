"""Daily sums of the key figures, promotions, tickets, reviews; backorders still to be explained."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backorders", "0016_opens_links_and_withdrawals"),
        ("inventory", "0006_refuses_rewriting_document_changes"),
        ("orders", "0006_finds_orders_by_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalPromotion",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=120)),
                ("category", models.CharField(blank=True, default="", max_length=80)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="The last day, included.")),
                (
                    "told_on",
                    models.DateField(
                        blank=True, help_text="When planning was told. Empty: it never was.", null=True
                    ),
                ),
                (
                    "planned_qty",
                    models.PositiveIntegerField(
                        default=0, help_text="Units a SKU was expected to sell more, as planning was told."
                    ),
                ),
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
                "verbose_name": "historical promotion",
                "verbose_name_plural": "historical promotions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="KpiDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("accepted", "Accepted"), ("closed", "Closed"), ("flow", "Flow")],
                        max_length=8,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        help_text="Of which lines: all, or by sku, category, cause …", max_length=8
                    ),
                ),
                ("value", models.CharField(blank=True, default="", max_length=80)),
                ("day", models.DateField()),
                ("channel", models.CharField(blank=True, default="", max_length=40)),
                ("region", models.CharField(blank=True, default="", max_length=40)),
                (
                    "sums",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("counts", models.JSONField(default=dict, help_text="Counts by slip, service level, wait …")),
            ],
            options={
                "verbose_name": "daily sum",
                "ordering": ("kind", "scope", "value", "day"),
            },
        ),
        migrations.CreateModel(
            name="KpiRoll",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("seen", models.JSONField(help_text="The newest row of each kind of fact it had seen.")),
                ("days", models.PositiveIntegerField(default=0, help_text="Days that were summed anew.")),
                (
                    "board",
                    models.JSONField(default=dict, help_text="What the first screen shows of the book."),
                ),
            ],
            options={
                "verbose_name": "run of the daily sums",
                "verbose_name_plural": "runs of the daily sums",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Promotion",
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
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="The last day, included.")),
                (
                    "told_on",
                    models.DateField(
                        blank=True, help_text="When planning was told. Empty: it never was.", null=True
                    ),
                ),
                (
                    "planned_qty",
                    models.PositiveIntegerField(
                        default=0, help_text="Units a SKU was expected to sell more, as planning was told."
                    ),
                ),
            ],
            options={
                "ordering": ("-starts_on", "id"),
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=120)),
                (
                    "score",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(10)]
                    ),
                ),
                ("reviewed_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=120)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=120)),
                ("subject", models.CharField(blank=True, default="", max_length=200)),
                ("opened_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=120)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="backorder",
            name="is_explained",
            field=models.BooleanField(
                default=False,
                help_text="Demand and signals were looked at too, some moments after it was opened.",
            ),
        ),
        migrations.AddIndex(
            model_name="backorder",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)),
                fields=["closed_at"],
                name="closed_backorders_by_day",
            ),
        ),
        migrations.AddIndex(
            model_name="backorder",
            index=models.Index(
                condition=models.Q(("is_explained", False)), fields=["id"], name="backorders_to_explain"
            ),
        ),
        migrations.AddField(
            model_name="historicalpromotion",
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
            model_name="historicalpromotion",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalpromotion",
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
        migrations.AddIndex(
            model_name="kpiday",
            index=models.Index(fields=["kind", "day"], name="sums_of_a_day"),
        ),
        migrations.AddConstraint(
            model_name="kpiday",
            constraint=models.UniqueConstraint(
                fields=("kind", "scope", "value", "day", "channel", "region"),
                name="one_sum_per_day_and_scope",
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="promotions",
                to="orders.channel",
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="sku",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="promotions",
                to="inventory.sku",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="reviews", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="tickets", to="orders.order"
            ),
        ),
        migrations.AddIndex(
            model_name="promotion",
            index=models.Index(fields=["ends_on"], name="promotions_by_end"),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                name="promotion_ends_after_it_starts",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["reviewed_at"], name="reviews_by_day"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"), name="one_review_per_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__lte", 10)), name="score_of_ten_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"), name="one_ticket_per_external_id"
            ),
        ),
    ]
