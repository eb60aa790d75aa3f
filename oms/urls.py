"""Every address we answer: admin, REST, the customer's pages, the demo's shop, health and metrics."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from oms import handbook, health
from oms.api import documents

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/handbook/<path:name>", admin.site.admin_view(handbook.page), name="handbook"),
    path("admin/", admin.site.urls),
    path("", include("oms.portal.urls")),
    path("", include("oms.demo.urls")),
    path("api/v1/connectors/", include("oms.connectors.urls")),
    path("api/v1/", include("oms.api.urls")),
    path("api/docs/", documents.Docs.as_view(), name="api-docs"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("", include("django_prometheus.urls")),
]
# Providers tell of bounces here; without a secret nobody may.
if settings.ANYMAIL.get("WEBHOOK_SECRET"):
    urlpatterns += [path("hooks/mail/", include("anymail.urls"))]
