"""Addresses of the customer's page."""

from django.urls import path

from oms.portal import views

app_name = "portal"
urlpatterns = [path("c/<str:token>/", views.case, name="case")]
