"""Django's registration of this app."""

from django.apps import AppConfig


class PurchasingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "purchasing"
    label = "purchasing"
    verbose_name = "Purchasing"
