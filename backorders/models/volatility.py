"""How much the demand for a SKU goes up and down, measured each night."""

from django.db import models
from django.db.models import Q

from inventory.models import Sku


class SkuVolatility(models.Model):
    """The coefficient of variation of weekly demand, accepted and refused; no row: too little to tell."""

    sku = models.OneToOneField(Sku, primary_key=True, on_delete=models.CASCADE, related_name="volatility")
    weeks = models.PositiveSmallIntegerField(help_text="Weeks looked at.")
    demand_qty = models.PositiveIntegerField(help_text="Units asked for in those weeks.")
    cv = models.DecimalField("CV", max_digits=8, decimal_places=3)
    measured_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "SKU volatilities"
        ordering = ("-cv", "sku")
        constraints = (models.CheckConstraint(condition=Q(cv__gte=0), name="volatility_never_negative"),)

    def __str__(self) -> str:
        return f"{self.sku_id}: CV {self.cv} over {self.weeks} weeks"
