"""Django's registration of this app."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "oms.connectors"
    label = "connectors"
    verbose_name = "Connectors"
