"""Django's registration of this app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "oms.payments"
    label = "payments"
    verbose_name = "Payments"
