"""Exceptions to the rule: lines never cancelled, periods customers set, and what makes a delay good."""

from django.db import models
from django.db.models import Q

from backorders.models.policy import CancellationPolicy
from oms.orders.models import OrderLine


class NeverCancel(models.Model):
    """A person's word that a policy does not end this line by itself, and why. The law still may."""

    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="never_cancels")
    note = models.CharField(max_length=500)
    at = models.DateTimeField()
    by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        verbose_name_plural = "lines never cancelled"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("order_line",), condition=Q(ended_at=None), name="one_override_in_force_per_line"
            ),
            models.CheckConstraint(condition=~Q(note=""), name="override_says_why"),
        )

    def __str__(self) -> str:
        return f"{self.order_line_id} never cancelled: {self.note}"


class ExtraPeriod(models.Model):
    """One more period a customer set after a missed delivery, its last day inclusive. Append-only."""

    order_line = models.OneToOneField(OrderLine, on_delete=models.CASCADE, related_name="extra_period")
    until = models.DateField()
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.order_line_id} until {self.until}"


class MakeGoodBudget(models.Model):
    """What a policy has spent on making delays good. The row is its lock."""

    policy = models.OneToOneField(CancellationPolicy, on_delete=models.CASCADE, related_name="spending")
    spent = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    class Meta:
        verbose_name = "make-good budget"
        ordering = ("policy",)
        constraints = (models.CheckConstraint(condition=Q(spent__gte=0), name="spent_budget_never_negative"),)

    def __str__(self) -> str:
        return f"{self.policy}: {self.spent} spent"


class MakeGood(models.Model):
    """What a customer got for a delay, within the budget of its policy. Append-only."""

    class Kind(models.TextChoices):
        CREDIT = "credit"
        DISCOUNT = "discount", "discount on a next order"
        FREE_SHIPPING = "free_shipping"
        ALTERNATIVE = "alternative", "another article"
        SPLIT_SHIPMENT = "split_shipment"

    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="make_goods")
    policy = models.ForeignKey(
        CancellationPolicy, null=True, on_delete=models.SET_NULL, related_name="make_goods_given"
    )
    kind = models.CharField(max_length=16, choices=Kind)
    cost = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    days_late = models.PositiveIntegerField()
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("order_line", "kind"), name="one_make_good_of_a_kind_per_line"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="make_good_cost_never_negative"),
        )

    def __str__(self) -> str:
        return f"{self.kind} for {self.order_line_id}"
