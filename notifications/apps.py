"""Django's registration of this app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Hear what providers say of mails they took."""
        from anymail.signals import tracking

        from notifications import bounces

        tracking.connect(bounces.take, dispatch_uid="notifications.bounces")
