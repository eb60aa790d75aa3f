"""Django's registration of this app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "oms.api"
    label = "api"
    verbose_name = "API access"
