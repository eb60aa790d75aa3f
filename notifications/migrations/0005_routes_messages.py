"""Which way a kind of message goes."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("notifications", "0004_renews_the_revision_for_templates"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Route",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40, unique=True)),
                (
                    "way",
                    models.CharField(
                        choices=[("ours", "our own mail"), ("klaviyo", "Klaviyo"), ("both", "both")],
                        default="ours",
                        max_length=10,
                    ),
                ),
            ],
            options={
                "ordering": ("kind",),
            },
        ),
    ]
