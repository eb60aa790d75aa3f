"""Documents of our own that make supply: transfers between locations and production orders."""

from django.db import models
from django.db.models import F, Q

from inventory.models.stock import Location, Sku, Supply


class Transfer(models.Model):
    """Goods sent from one of our locations to another. From dispatch on they are supply where they go."""

    class State(models.TextChoices):
        DRAFT = "draft"
        DISPATCHED = "dispatched"
        ARRIVED = "arrived"
        CANCELLED = "cancelled"

    number = models.CharField(max_length=60, unique=True)
    from_location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="transfers_out")
    to_location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="transfers_in")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    expected_on = models.DateField(help_text="The day it is believed to be at the destination's dock.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(from_location=F("to_location")), name="transfer_goes_somewhere_else"
            ),
        )

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """One SKU of a transfer. What is on the way is a supply at the destination."""

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines")
    line_no = models.PositiveIntegerField()
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="transfer_lines")
    qty = models.PositiveIntegerField()
    accepted_qty = models.PositiveIntegerField(default=0, help_text="Arrived, into stock.")
    held_qty = models.PositiveIntegerField(default=0, help_text="Arrived, on hold.")
    missing_qty = models.PositiveIntegerField(default=0, help_text="Sent and never arrived.")
    supply = models.OneToOneField(
        Supply, null=True, blank=True, on_delete=models.PROTECT, related_name="transfer_line"
    )

    class Meta:
        ordering = ("transfer", "line_no")
        constraints = (
            models.UniqueConstraint(fields=("transfer", "line_no"), name="one_transfer_line_per_number"),
            models.UniqueConstraint(fields=("transfer", "sku"), name="one_transfer_line_per_sku"),
            models.CheckConstraint(condition=Q(qty__gte=1), name="transfer_line_sends_something"),
            models.CheckConstraint(
                condition=Q(qty__gte=F("accepted_qty") + F("held_qty") + F("missing_qty")),
                name="transfer_brings_what_was_sent",
            ),
        )

    def __str__(self) -> str:
        return f"{self.transfer}/{self.line_no}"


class ProductionOrder(models.Model):
    """Units of a SKU we make ourselves at a location. Until it is finished what it will yield is supply."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        STARTED = "started"
        FINISHED = "finished"
        CANCELLED = "cancelled"

    number = models.CharField(max_length=60, unique=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="production_orders")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="production_orders")
    qty = models.PositiveIntegerField(help_text="Units to be made in all.")
    accepted_qty = models.PositiveIntegerField(default=0)
    rejected_qty = models.PositiveIntegerField(default=0)
    held_qty = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State, default=State.SCHEDULED)
    expected_on = models.DateField(help_text="The day it is believed to be finished.")
    supply = models.OneToOneField(Supply, on_delete=models.PROTECT, related_name="production_order")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=Q(qty__gte=1), name="production_makes_something"),)

    def __str__(self) -> str:
        return self.number


class DocumentChange(models.Model):
    """A changed day or quantity of a transfer or a production order, with who and why. Append-only."""

    transfer = models.ForeignKey(
        Transfer, null=True, blank=True, on_delete=models.CASCADE, related_name="changes"
    )
    production_order = models.ForeignKey(
        ProductionOrder, null=True, blank=True, on_delete=models.CASCADE, related_name="changes"
    )
    from_on = models.DateField(null=True, blank=True)
    to_on = models.DateField(null=True, blank=True)
    from_qty = models.PositiveIntegerField(null=True, blank=True)
    to_qty = models.PositiveIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(transfer__isnull=False) ^ Q(production_order__isnull=False),
                name="change_of_one_document",
            ),
        )

    def __str__(self) -> str:
        return f"{self.transfer or self.production_order}: {self.cause}"
