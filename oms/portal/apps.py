"""Django's registration of this app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "oms.portal"
    label = "portal"
    verbose_name = "Customer page"
