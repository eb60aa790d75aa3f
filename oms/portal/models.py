"""Keys that a shop prints into its pages: they open the badge of one channel, and nothing else."""

import secrets

from django.db import models

from oms.orders.models import Channel


def new_key() -> str:
    """A key that tells what it is. It is no secret, so it is kept as it is and can be shown again."""
    return f"pk_{secrets.token_urlsafe(18)}"


class ShopKey(models.Model):
    """A publishable key of one channel: whoever reads it may ask what the shop would say anyway."""

    name = models.CharField(max_length=80, unique=True, help_text="Which storefront it is in.")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="shop_keys")
    key = models.CharField(max_length=40, unique=True, default=new_key, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
