"""Where other systems send their webhooks."""

from django.urls import path

from oms.connectors import inbox

urlpatterns = [path("<slug:kind>/webhook/<slug:account>/", inbox.webhook, name="webhook")]
