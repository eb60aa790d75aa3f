"""Django's registration of this app; on start it takes its place in the event table."""

from django.apps import AppConfig


class BackordersConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "backorders"
    label = "backorders"
    verbose_name = "Backorders"

    def ready(self) -> None:
        """Register the one table of listeners."""
        from backorders.handlers import HANDLERS
        from oms.kernel import events

        events.subscribe(HANDLERS)
