import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0001_opens_inbox_and_klaviyo"),
    ]

    operations = [
        migrations.AddField(
            model_name="klaviyoaccount",
            name="variant",
            field=models.CharField(
                default="$custom:::$default:::{sku}",
                help_text="How Klaviyo's catalogue names a SKU, for its own back-in-stock flow.",
                max_length=120,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[^\\s{}]+\\{sku\\}$", "Write it as $shopify:::$default:::{sku}."
                    )
                ],
            ),
        ),
    ]
