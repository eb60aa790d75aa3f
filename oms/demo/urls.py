"""Addresses of the demo: its shop window."""

from django.urls import path

from oms.demo import window

app_name = "demo"
urlpatterns = [path("shop/", window.window, name="window")]
