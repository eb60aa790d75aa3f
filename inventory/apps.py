"""Django's registration of this app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "inventory"
    label = "inventory"
    verbose_name = "Inventory"
