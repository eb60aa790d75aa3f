"""Webhooks and accounts with other systems in the admin."""

from oms.connectors.admin import records as records
