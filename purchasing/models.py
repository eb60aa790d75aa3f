"""Suppliers, purchase orders, containers, receipts and the buyer's signals."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from inventory.models import Location, Sku, Supply, working_week


class Supplier(models.Model):
    """Who we buy from, with the days on which they work."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160, blank=True, default="")
    is_active = models.BooleanField(default=True)
    work_days = ArrayField(models.PositiveSmallIntegerField(), default=working_week, help_text="0 = Monday.")
    holiday_country = models.CharField(max_length=2, blank=True, default="")
    holiday_subdivision = models.CharField(max_length=10, blank=True, default="")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class SupplierSku(models.Model):
    """What a supplier sells us, how fast, in what least quantity and pack, at what cost."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="skus")
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="suppliers")
    lead_time_days = models.PositiveSmallIntegerField(default=30)
    moq = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    pack_qty = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    unit_cost = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")

    class Meta:
        verbose_name = "supplier SKU"
        verbose_name_plural = "supplier SKUs"
        ordering = ("supplier", "sku")
        constraints = (
            models.UniqueConstraint(fields=("supplier", "sku"), name="one_row_per_supplier_and_sku"),
            models.CheckConstraint(
                condition=Q(moq__gte=1) & Q(pack_qty__gte=1), name="moq_and_pack_at_least_one"
            ),
        )

    def __str__(self) -> str:
        return f"{self.supplier} {self.sku}"


class PurchaseOrder(models.Model):
    """What we ordered from a supplier, to arrive at one location."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SENT = "sent"
        CONFIRMED = "confirmed"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    number = models.CharField(max_length=60, unique=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="purchase_orders")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="purchase_orders")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.number


class PurchaseLine(models.Model):
    """One SKU on a purchase order. What is still to come is a supply (and the lines of containers)."""

    purchase_order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    line_no = models.PositiveIntegerField()
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="purchase_lines")
    ordered_qty = models.PositiveIntegerField()
    received_qty = models.PositiveIntegerField(default=0, help_text="Delivered, good or not.")
    cancelled_qty = models.PositiveIntegerField(default=0)
    expected_on = models.DateField(help_text="Our present belief.")
    confirmed_on = models.DateField(null=True, blank=True, help_text="What the supplier acknowledged.")
    first_confirmed_on = models.DateField(null=True, blank=True)
    supply = models.OneToOneField(
        Supply,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="purchase_line",
        help_text="What is to come and not in a container.",
    )

    class Meta:
        ordering = ("purchase_order", "line_no")
        constraints = (
            models.UniqueConstraint(
                fields=("purchase_order", "line_no"), name="one_purchase_line_per_number"
            ),
            models.CheckConstraint(condition=Q(ordered_qty__gte=1), name="purchase_line_orders_something"),
        )
        indexes = (
            models.Index(
                fields=("expected_on",),
                condition=Q(ordered_qty__gt=F("received_qty") + F("cancelled_qty")),
                name="open_purchase_lines_by_date",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purchase_order}/{self.line_no}"

    @property
    def open_qty(self) -> int:
        """Units still to come; never below zero, also when more came than was ordered."""
        return max(0, self.ordered_qty - self.received_qty - self.cancelled_qty)


class DateChange(models.Model):
    """A slip or pull-in of a purchase line. Append-only."""

    class Field(models.TextChoices):
        EXPECTED = "expected"
        CONFIRMED = "confirmed"

    line = models.ForeignKey(PurchaseLine, on_delete=models.CASCADE, related_name="date_changes")
    field = models.CharField(max_length=10, choices=Field, default=Field.EXPECTED)
    from_on = models.DateField(null=True, blank=True)
    to_on = models.DateField()
    cause = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.line} {self.from_on} → {self.to_on}"


class QtyChange(models.Model):
    """A change of the ordered quantity of a purchase line. Append-only."""

    line = models.ForeignKey(PurchaseLine, on_delete=models.CASCADE, related_name="qty_changes")
    from_qty = models.IntegerField()
    to_qty = models.IntegerField()
    cause = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.line} {self.from_qty} → {self.to_qty}"


class InboundShipment(models.Model):
    """A container or ASN: part of several purchase lines on the way together. Moving it moves them."""

    class State(models.TextChoices):
        OPEN = "open"
        ARRIVED = "arrived"
        CANCELLED = "cancelled"

    number = models.CharField(max_length=60, unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    expected_on = models.DateField()
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.number


class InboundLine(models.Model):
    """How much of a purchase line a container carries; that much supply has the container's date."""

    shipment = models.ForeignKey(InboundShipment, on_delete=models.CASCADE, related_name="lines")
    purchase_line = models.ForeignKey(PurchaseLine, on_delete=models.PROTECT, related_name="inbound_lines")
    qty = models.PositiveIntegerField()
    supply = models.OneToOneField(Supply, on_delete=models.PROTECT, related_name="inbound_line")

    class Meta:
        ordering = ("shipment", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("shipment", "purchase_line"), name="one_row_per_container_and_line"
            ),
            models.CheckConstraint(condition=Q(qty__gte=1), name="container_line_carries_something"),
        )

    def __str__(self) -> str:
        return f"{self.shipment}: {self.qty} × {self.purchase_line}"


class Receipt(models.Model):
    """Goods arrived against a purchase order. Append-only."""

    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    purchase_order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="receipts")
    received_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_receipt_per_external_id"),
        )

    def __str__(self) -> str:
        return self.external_id


class ReceiptLine(models.Model):
    """What arrived of one purchase line: accepted = received - rejected - held. Append-only."""

    receipt = models.ForeignKey(Receipt, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(PurchaseLine, on_delete=models.PROTECT, related_name="receipt_lines")
    received_qty = models.PositiveIntegerField()
    rejected_qty = models.PositiveIntegerField(default=0)
    held_qty = models.PositiveIntegerField(default=0)
    hold_clears_on = models.DateField(null=True, blank=True)
    late_days = models.IntegerField(
        help_text="Received minus the date confirmed (else expected) at that time."
    )

    class Meta:
        ordering = ("receipt", "id")
        constraints = (
            models.UniqueConstraint(fields=("receipt", "line"), name="one_row_per_receipt_and_line"),
            models.CheckConstraint(
                condition=Q(received_qty__gte=F("rejected_qty") + F("held_qty")),
                name="rejected_and_held_were_received",
            ),
        )

    def __str__(self) -> str:
        return f"{self.receipt}: {self.received_qty} × {self.line}"

    @property
    def accepted_qty(self) -> int:
        """Units that went into stock."""
        return self.received_qty - self.rejected_qty - self.held_qty


class Signal(models.Model):
    """Nightly advice to the buyer: order, expedite, defer or cancel — how much, by when and why."""

    class Kind(models.TextChoices):
        ORDER = "order"
        EXPEDITE = "expedite"
        DEFER = "defer"
        CANCEL = "cancel"

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DISMISSED = "dismissed"
        LAPSED = "lapsed"

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="signals")
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.SET_NULL, related_name="signals"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    week_on = models.DateField(help_text="The Monday of the week it was raised in.")
    qty = models.PositiveIntegerField()
    uncovered_qty = models.PositiveIntegerField(default=0)
    moq_gap_qty = models.PositiveIntegerField(
        default=0, help_text="Units only the supplier's minimum adds: the order may wait for them."
    )
    needed_on = models.DateField(null=True, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    basis = models.JSONField(default=dict, help_text="The figures it was made from.")
    purchase_line = models.ForeignKey(
        PurchaseLine, null=True, blank=True, on_delete=models.SET_NULL, related_name="signals"
    )
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=120, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ("-raised_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("sku", "kind", "week_on"),
                condition=Q(state="open"),
                name="one_open_signal_per_sku_kind_week",
            ),
        )
        indexes = (
            models.Index(fields=("sku", "week_on"), name="signals_of_a_sku"),
            models.Index(fields=("needed_on", "-id"), condition=Q(state="open"), name="open_signals_by_need"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.qty} × {self.sku}"
