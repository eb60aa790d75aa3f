"""Addresses of the customer's pages."""

from django.urls import path

from oms.portal import badge_views, order_views, views, watch_views, withdraw_views

app_name = "portal"
urlpatterns = [
    path("c/<str:token>/", views.case, name="case"),
    path("o/<str:token>/", order_views.order, name="order"),
    path("o/<str:token>/answer/", views.question, name="question"),
    path("o/<str:token>/cancel/<int:line_no>/", order_views.cancel, name="cancel"),
    path("o/<str:token>/withdraw/", withdraw_views.by_link, name="withdraw"),
    path("badge/", badge_views.badge, name="badge"),
    path("badge/watch/", watch_views.watch, name="watch"),
    path("withdraw/", withdraw_views.by_number, name="withdraw-by-number"),
]
