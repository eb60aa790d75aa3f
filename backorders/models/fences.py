"""Fences: which supply and which demand count, and from when, per SKU and location, category, or for all."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from inventory.models import Location, Sku


class Fence(Policy):
    """What keeps a plan within what can be believed. The most specific one in force speaks alone."""

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="fences")
    category = models.CharField(max_length=80, blank=True, default="")
    location = models.ForeignKey(
        Location, null=True, blank=True, on_delete=models.CASCADE, related_name="fences"
    )
    horizon_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Supply expected later does not count. Empty: all counts."
    )
    is_infinite_after_lead_time = models.BooleanField(
        default=False,
        help_text="From today plus the lead time any quantity may be promised, where the rule lets planned "
        "supply count.",
    )
    ignore_supply_overdue_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Supply overdue by more is not believed. Empty: it always is."
    )
    overdue_supply_offset_days = models.PositiveIntegerField(
        default=1, help_text="Overdue supply is believed to come so many days from today."
    )
    ignore_demand_overdue_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Uncovered demand overdue by more keeps nothing back. Empty: always."
    )
    overdue_demand_offset_days = models.PositiveIntegerField(
        default=0, help_text="Overdue demand counts so many days from today."
    )
    planning_days = models.PositiveIntegerField(
        default=0, help_text="Nothing that is only planned is promised within so many days."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("sku", "category", "location"), nulls_distinct=False, name="one_fence_per_scope"
            ),
            models.CheckConstraint(
                condition=Q(sku__isnull=True) | Q(category=""), name="fence_of_sku_or_category"
            ),
        )

    def __str__(self) -> str:
        return self.name
