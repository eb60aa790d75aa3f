"""Accounts, payments and movements of money."""

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
            name="PaymentAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.SlugField(help_text="Part of the webhook's address.", max_length=40, unique=True),
                ),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe")], default="stripe", max_length=20),
                ),
                ("sealed_key", models.TextField(blank=True, default="", editable=False)),
                ("sealed_webhook_secret", models.TextField(blank=True, default="", editable=False)),
                (
                    "sends_refunds",
                    models.BooleanField(
                        default=False,
                        help_text="Refunds go out by themselves; otherwise a person presses a button for each.",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(help_text="The client or job that registered it.", max_length=120),
                ),
                ("external_id", models.CharField(help_text="The provider's own id.", max_length=120)),
                (
                    "method",
                    models.CharField(
                        blank=True, default="", help_text="Such as card or transfer.", max_length=40
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("authorised_amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("captured_amount", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("refunded_amount", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True, help_text="As the provider said; none if never.", null=True
                    ),
                ),
                (
                    "may_renew",
                    models.BooleanField(
                        default=False, help_text="The customer let us authorise again without asking."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("expired", "Expired"), ("voided", "Voided")],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "needs_person",
                    models.CharField(
                        blank=True, default="", help_text="Why somebody must see to it.", max_length=300
                    ),
                ),
                ("registered_at", models.DateTimeField()),
                ("registered_by", models.CharField(max_length=120)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="orders.order",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="payments.payment",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        help_text="None: people move this money by hand.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="payments.paymentaccount",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="PaymentEffect",
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
                        choices=[
                            ("look_up", "Look Up"),
                            ("capture", "Capture"),
                            ("refund", "Refund"),
                            ("renew", "Renew"),
                            ("void", "Void"),
                        ],
                        max_length=10,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("key", models.CharField(max_length=160, unique=True)),
                (
                    "round",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Counts definite failures: each round asks under a key of its own.",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("settled", "Settled"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(blank=True, help_text="None: it waits for a person.", null=True),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("provider_id", models.CharField(blank=True, default="", max_length=120)),
                ("error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="effects",
                        to="payments.payment",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="effects",
                        to="orders.refund",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="effects",
                        to="orders.shipment",
                    ),
                ),
            ],
            options={
                "verbose_name": "movement of money",
                "verbose_name_plural": "movements of money",
                "ordering": ("-id",),
            },
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False), ("state", "open")),
                fields=["expires_at"],
                name="authorisations_by_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("needs_person", ""), _negated=True),
                fields=["id"],
                name="payments_for_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("source", "external_id"), name="one_payment_per_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("account", "external_id"), name="one_payment_per_account_and_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("authorised_amount__gte", 0)), name="payment_never_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("captured_amount__gte", 0), ("captured_amount__lte", models.F("authorised_amount"))
                ),
                name="captured_within_authorised",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_amount__gte", 0), ("refunded_amount__lte", models.F("captured_amount"))
                ),
                name="refunded_within_captured",
            ),
        ),
        migrations.AddIndex(
            model_name="paymenteffect",
            index=models.Index(
                condition=models.Q(("state", "queued")), fields=["due_at", "id"], name="effects_to_send"
            ),
        ),
        migrations.AddIndex(
            model_name="paymenteffect",
            index=models.Index(
                condition=models.Q(("provider_id", ""), _negated=True),
                fields=["provider_id"],
                name="effects_by_provider_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymenteffect",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "refund"), ("refund__isnull", False)),
                    models.Q(models.Q(("kind", "refund"), _negated=True), ("refund__isnull", True)),
                    _connector="OR",
                ),
                name="only_refunds_refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymenteffect",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gt", 0),
                    models.Q(("amount__gte", 0), ("kind__in", ("look_up", "void"))),
                    _connector="OR",
                ),
                name="effect_moves_something",
            ),
        ),
    ]
