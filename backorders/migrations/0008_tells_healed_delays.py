"""Customers hear that a delay is over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backorders", "0007_renews_the_revision_for_fences"),
        ("orders", "0003_renews_the_policy_revision"),
    ]

    operations = [
        migrations.AddField(
            model_name="delaycase",
            name="is_relief_due",
            field=models.BooleanField(
                default=False, help_text="The delay is over, which its customer has still to be told."
            ),
        ),
        migrations.AddIndex(
            model_name="delaycase",
            index=models.Index(
                condition=models.Q(("is_relief_due", True)), fields=["id"], name="relief_not_told_yet"
            ),
        ),
    ]
