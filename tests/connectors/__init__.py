"""Connectors: inbox, Klaviyo."""
