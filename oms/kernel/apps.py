"""Django's registration of this app; on start it brings the checks that refuse dangerous settings."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "oms.kernel"
    label = "kernel"
    verbose_name = "System"

    def ready(self) -> None:
        """Register the system checks."""
        from oms.kernel import checks as checks
