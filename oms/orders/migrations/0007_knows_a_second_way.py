from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_finds_orders_by_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="other_email",
            field=models.EmailField(
                blank=True, default="", help_text="Tried when a notice of the law comes back.", max_length=254
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="phone",
            field=models.CharField(blank=True, default="", help_text="As +49 30 1234567.", max_length=40),
        ),
    ]
