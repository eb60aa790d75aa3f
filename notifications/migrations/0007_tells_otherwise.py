import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0006_renews_the_revision_for_routes"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="instead_of",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The message that reached nobody, told by this one in another way.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="told_otherwise",
                to="notifications.message",
            ),
        ),
    ]
