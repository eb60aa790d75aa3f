import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backorders", "0020_sums_everything_anew"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicaltellingpolicy",
            name="product_url",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Where the shop sells a SKU, as https://shop.example/p/{sku}: the button in those mails.",
                max_length=300,
                validators=[
                    django.core.validators.RegexValidator(
                        "^https?://[^\\s{}]+\\{sku\\}[^\\s{}]*$", "Write it as https://…/{sku}."
                    )
                ],
            ),
        ),
        migrations.AddField(
            model_name="historicaltellingpolicy",
            name="watch_way",
            field=models.CharField(
                choices=[("ours", "we, in waves"), ("klaviyo", "Klaviyo's own flow")],
                default="ours",
                help_text="Who tells those who asked for a SKU: we in waves, or Klaviyo's own back-in-stock flow.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="stockwatch",
            name="handed_at",
            field=models.DateTimeField(
                blank=True, help_text="Since when Klaviyo's own flow has it; we tell it no more.", null=True
            ),
        ),
        migrations.AddField(
            model_name="stockwatch",
            name="refused",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Why Klaviyo does not take it: we tell it ourselves.",
                max_length=300,
            ),
        ),
        migrations.AddField(
            model_name="tellingpolicy",
            name="product_url",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Where the shop sells a SKU, as https://shop.example/p/{sku}: the button in those mails.",
                max_length=300,
                validators=[
                    django.core.validators.RegexValidator(
                        "^https?://[^\\s{}]+\\{sku\\}[^\\s{}]*$", "Write it as https://…/{sku}."
                    )
                ],
            ),
        ),
        migrations.AddField(
            model_name="tellingpolicy",
            name="watch_way",
            field=models.CharField(
                choices=[("ours", "we, in waves"), ("klaviyo", "Klaviyo's own flow")],
                default="ours",
                help_text="Who tells those who asked for a SKU: we in waves, or Klaviyo's own back-in-stock flow.",
                max_length=10,
            ),
        ),
    ]
