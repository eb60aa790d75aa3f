"""Orders and what became of them: cancellations, refunds due, pick requests, shipments, returns."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from inventory.models import Location, Sku, Supply


class Channel(models.Model):
    """Where orders come from: a shop, a marketplace, wholesale."""

    class Kind(models.TextChoices):
        SHOPIFY = "shopify"
        BIGCOMMERCE = "bigcommerce"
        AMAZON = "amazon"
        WHOLESALE = "wholesale"
        OWN = "own"
        OTHER = "other"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OWN)
    priority = models.IntegerField(default=100, help_text="Lowest goes first in the queue.")
    default_region = models.CharField(max_length=40, blank=True, default="")
    buffer_qty = models.PositiveIntegerField(default=0, help_text="Units not offered to this channel.")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class Customer(models.Model):
    """Who ordered, as the channel knows them."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="customers")
    external_id = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, blank=True, default="")
    other_email = models.EmailField(
        max_length=254, blank=True, default="", help_text="Tried when a notice of the law comes back."
    )
    phone = models.CharField(max_length=40, blank=True, default="", help_text="As +49 30 1234567.")
    name = models.CharField(max_length=200, blank=True, default="")
    locale = models.CharField(max_length=10, default="en")
    customer_class = models.CharField(max_length=40, blank=True, default="")
    is_consumer = models.BooleanField(default=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("channel", "external_id"), name="one_customer_per_channel_id"),
        )
        indexes = (models.Index(fields=("email",), name="customers_by_email"),)

    def __str__(self) -> str:
        return self.name or self.external_id


class Order(models.Model):
    """An accepted order. What people call its status is computed from its lines."""

    class State(models.TextChoices):
        ACCEPTED = "accepted"
        HELD = "held"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    class ShipPolicy(models.TextChoices):
        COMPLETE = "complete"
        AVAILABLE = "available"

    number = models.CharField(max_length=40, unique=True)
    source = models.CharField(max_length=120, help_text="The client or person it came from.")
    external_id = models.CharField(max_length=120)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="orders")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    region = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    state_code = models.CharField(
        max_length=10, blank=True, default="", help_text="Ship-to state, such as CA."
    )
    state = models.CharField(max_length=12, choices=State, default=State.ACCEPTED)
    ship_policy = models.CharField(max_length=12, choices=ShipPolicy, default=ShipPolicy.AVAILABLE)
    is_time_essential = models.BooleanField(default=False)
    is_on_credit = models.BooleanField(
        default=False, db_default=False, help_text="The buyer applied to us for credit to pay for it."
    )
    priority = models.IntegerField(default=100, help_text="Lowest goes first in the queue.")
    currency = models.CharField(max_length=3, default="EUR")
    placed_at = models.DateTimeField(help_text="When the customer ordered.")
    accepted_at = models.DateTimeField(help_text="When we accepted.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("source", "external_id"),
                condition=~Q(external_id=""),
                name="one_order_per_external_id",
            ),
        )
        indexes = (
            models.Index(fields=("channel", "accepted_at"), name="orders_of_a_channel"),
            # Orders come in the order of time, so a few pages of it find any day.
            BrinIndex(fields=("accepted_at",), name="orders_by_day"),
        )

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One SKU on an order: ordered = shipped + cancelled + open, always."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    line_no = models.PositiveIntegerField()
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="order_lines")
    ordered_qty = models.PositiveIntegerField()
    shipped_qty = models.PositiveIntegerField(default=0)
    cancelled_qty = models.PositiveIntegerField(default=0)
    open_qty = models.GeneratedField(
        expression=F("ordered_qty") - F("shipped_qty") - F("cancelled_qty"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    unit_price = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    wanted_on = models.DateField(null=True, blank=True)
    switched_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="switched_to",
        help_text="The line it replaced, with the customer's yes.",
    )

    class Meta:
        ordering = ("order", "line_no")
        constraints = (
            models.UniqueConstraint(fields=("order", "line_no"), name="one_order_line_per_number"),
            models.CheckConstraint(condition=Q(ordered_qty__gte=1), name="order_line_orders_something"),
            models.CheckConstraint(
                condition=Q(ordered_qty__gte=F("shipped_qty") + F("cancelled_qty")),
                name="open_never_negative",
            ),
        )
        indexes = (
            models.Index(fields=("sku",), condition=Q(open_qty__gt=0), name="open_order_lines_of_a_sku"),
        )

    def __str__(self) -> str:
        return f"{self.order}/{self.line_no}"


class Cancellation(models.Model):
    """Part of a line that will not ship: cause, actor, quantity. Append-only."""

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="cancellations")
    qty = models.PositiveIntegerField()
    cause = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(qty__gte=1), name="cancellation_cancels_something"),
        )

    def __str__(self) -> str:
        return f"{self.qty} of {self.line_id} cancelled"


class Refund(models.Model):
    """Money owed back, for a cancellation or another cause, with the day by which it must be sent."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        SETTLED = "settled"
        FAILED = "failed"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds")
    cancellation = models.OneToOneField(
        Cancellation, null=True, blank=True, on_delete=models.PROTECT, related_name="refund"
    )
    returned = models.OneToOneField(
        "Return", null=True, blank=True, on_delete=models.PROTECT, related_name="refund"
    )
    source = models.CharField(max_length=120, blank=True, default="", help_text="Who asked, if not we.")
    external_id = models.CharField(max_length=120, blank=True, default="")
    cause = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    fee = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, help_text="Kept of what was paid, by policy."
    )
    vested_on = models.DateField(null=True, blank=True, help_text="The day from which it is owed.")
    due_on = models.DateField()
    alarm_on = models.DateField(null=True, blank=True, help_text="Unsent on this day it raises the alarm.")
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True, default="", help_text="Why it did not arrive.")

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=0), name="refund_never_negative"),
            models.UniqueConstraint(
                fields=("source", "external_id"),
                condition=~Q(external_id=""),
                name="one_refund_per_external_id",
            ),
            models.CheckConstraint(
                condition=Q(cancellation__isnull=False) | ~Q(cause=""), name="refund_has_a_cause"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_on",), condition=Q(state="requested"), name="refunds_to_send_by_due_date"
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for {self.order_id}"


class PickRequest(models.Model):
    """What we asked one location to pick for one order: goods allocated and released."""

    class State(models.TextChoices):
        OPEN = "open"
        ACKED = "acked"
        SHIPPED = "shipped"
        RETURNED = "returned", "given back"

    number = models.CharField(max_length=40, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="pick_requests")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="pick_requests")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    requested_at = models.DateTimeField()
    acked_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(
        max_length=120, blank=True, default="", help_text="The warehouse's own number."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("location", "state"), name="picks_of_a_location"),)

    def __str__(self) -> str:
        return self.number


class PickLine(models.Model):
    """One SKU to pick for one order line (a kit has one row per part)."""

    pick = models.ForeignKey(PickRequest, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="pick_lines")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="pick_lines")
    qty = models.PositiveIntegerField()
    shipped_qty = models.PositiveIntegerField(default=0)
    returned_qty = models.PositiveIntegerField(default=0, help_text="Given back by the warehouse unshipped.")

    class Meta:
        ordering = ("pick", "id")
        constraints = (
            models.UniqueConstraint(fields=("pick", "line", "sku"), name="one_row_per_pick_line_and_sku"),
            models.CheckConstraint(
                condition=Q(qty__gte=F("shipped_qty") + F("returned_qty")), name="shipped_within_picked"
            ),
            models.CheckConstraint(condition=Q(qty__gte=1), name="pick_picks_something"),
        )

    def __str__(self) -> str:
        return f"{self.pick}: {self.qty} × {self.sku_id}"


class Shipment(models.Model):
    """What left, by the carrier's scan. Append-only."""

    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    pick = models.ForeignKey(PickRequest, on_delete=models.PROTECT, related_name="shipments")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    carrier = models.CharField(max_length=60, blank=True, default="")
    tracking = models.CharField(max_length=120, blank=True, default="")
    scanned_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_shipment_per_external_id"),
        )

    def __str__(self) -> str:
        return self.external_id


class ShipmentLine(models.Model):
    """How much of a pick line left in this shipment. Append-only."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    pick_line = models.ForeignKey(PickLine, on_delete=models.PROTECT, related_name="shipment_lines")
    qty = models.PositiveIntegerField()

    class Meta:
        ordering = ("shipment", "id")
        constraints = (models.CheckConstraint(condition=Q(qty__gte=1), name="shipment_ships_something"),)

    def __str__(self) -> str:
        return f"{self.shipment_id}: {self.qty}"


class Delivery(models.Model):
    """The customer has a shipment, as somebody said; of several the newest counts. Append-only."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="deliveries")
    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    delivered_at = models.DateTimeField(help_text="When the customer had it.")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_delivery_per_external_id"),
        )

    def __str__(self) -> str:
        return self.external_id


class Return(models.Model):
    """Goods a customer was told to send back. `owes_refund`: what came back is paid back once inspected."""

    class State(models.TextChoices):
        EXPECTED = "expected"
        INSPECTED = "inspected"
        CANCELLED = "cancelled"

    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="returns")
    state = models.CharField(max_length=10, choices=State, default=State.EXPECTED)
    expected_on = models.DateField()
    inspection_days = models.PositiveSmallIntegerField(default=2)
    owes_refund = models.BooleanField(
        default=False, db_default=False, help_text="What came back is paid back once it is inspected."
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    inspected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_return_per_external_id"),
        )

    def __str__(self) -> str:
        return self.external_id


class ReturnLine(models.Model):
    """How much of an order line comes back, as a supply that is ready after inspection."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="return_lines")
    qty = models.PositiveIntegerField()
    good_qty = models.PositiveIntegerField(default=0, help_text="Back into stock.")
    held_qty = models.PositiveIntegerField(default=0, help_text="Put on hold.")
    refund_qty = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Units of the order line of which the price goes back."
    )
    deduction = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, db_default=0, help_text="Kept, as they lost value."
    )
    supply = models.OneToOneField(Supply, on_delete=models.PROTECT, related_name="return_line")

    class Meta:
        ordering = ("parent", "id")
        constraints = (
            models.CheckConstraint(condition=Q(qty__gte=1), name="return_returns_something"),
            models.CheckConstraint(condition=Q(deduction__gte=0), name="deduction_never_negative"),
        )

    def __str__(self) -> str:
        return f"{self.parent}: {self.qty}"
