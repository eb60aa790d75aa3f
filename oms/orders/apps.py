"""Django's registration of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "oms.orders"
    label = "orders"
    verbose_name = "Orders"
