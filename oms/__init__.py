"""The order-management system: settings, the ground, documents and the entry points."""

from oms.celery import app as celery_app

__all__ = ["celery_app"]
