"""Django's registration of this app, for its commands; it has no models."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "oms.demo"
    label = "demo"
    verbose_name = "Demo shop"
