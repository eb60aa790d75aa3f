"""Opens the keys of storefronts."""

import django.db.models.deletion
from django.db import migrations, models

import oms.portal.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0003_renews_the_policy_revision"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShopKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="Which storefront it is in.", max_length=80, unique=True),
                ),
                (
                    "key",
                    models.CharField(
                        default=oms.portal.models.new_key, editable=False, max_length=40, unique=True
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shop_keys",
                        to="orders.channel",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
    ]
