"""The queue: demand, its claims on supply, and the requests to plan it again."""

from django.db import models
from django.db.models import F, Q

from inventory.models import Location, Sku, Supply
from oms.orders.models import Channel, OrderLine


class Demand(models.Model):
    """What one order line still wants of one SKU (a kit line wants several). Guarded by the SKU's lock."""

    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="demands")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="demands")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="demands")
    region = models.CharField(max_length=40, blank=True, default="")
    units_per_line = models.PositiveIntegerField(
        default=1, help_text="Units of this SKU for one unit of the line."
    )
    open_qty = models.IntegerField()
    pegged_qty = models.IntegerField(default=0)
    released_qty = models.IntegerField(default=0, help_text="Handed to the warehouse, not shipped yet.")
    allocation_class = models.PositiveSmallIntegerField(default=5)
    priority = models.IntegerField(default=100)
    accepted_at = models.DateTimeField()
    wanted_on = models.DateField(null=True, blank=True)
    first_promise_on = models.DateField(
        null=True, blank=True, help_text="Latest ship date of the first promise."
    )
    promised_on = models.DateField(
        null=True, blank=True, help_text="Latest ship date of the current promise."
    )
    may_split = models.BooleanField(default=True)
    location = models.ForeignKey(
        Location,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="demands",
        help_text="The only place that may serve it; empty for any that ships to its region.",
    )
    is_complete = models.BooleanField(default=False, help_text="Ships only when the whole order can.")
    is_held = models.BooleanField(
        default=False, help_text="Its order is held: keeps its claims, is not released."
    )
    mode = models.CharField(max_length=20, default="accidental")
    denied_qty = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Units a backorder run gave to nobody although they were free."
    )
    is_held_to_the_day = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The law ends it unshipped after its day: no tolerance, each delay is told.",
    )

    class Meta:
        ordering = ("sku", "allocation_class", "priority", "first_promise_on", "accepted_at", "order_line_id")
        constraints = (
            models.UniqueConstraint(fields=("order_line", "sku"), name="one_demand_per_line_and_sku"),
            models.CheckConstraint(
                condition=Q(pegged_qty__gte=0) & Q(pegged_qty__lte=F("open_qty")), name="pegged_within_open"
            ),
            models.CheckConstraint(
                condition=Q(released_qty__gte=0) & Q(released_qty__lte=F("pegged_qty")),
                name="released_within_pegged",
            ),
        )
        indexes = (
            models.Index(fields=("sku",), condition=Q(open_qty__gt=0), name="open_demand_of_a_sku"),
            models.Index(
                fields=("sku",), condition=Q(open_qty__gt=F("pegged_qty")), name="short_demand_of_a_sku"
            ),
            models.Index(fields=("promised_on",), condition=Q(open_qty__gt=0), name="open_demand_by_promise"),
            models.Index(fields=("id",), condition=Q(open_qty__gt=0, is_held=True), name="held_demand"),
            models.Index(
                fields=("sku", "wanted_on"),
                condition=Q(open_qty__gt=0, wanted_on__isnull=False),
                name="far_dated_demand_of_a_sku",
            ),
        )

    def __str__(self) -> str:
        return f"{self.open_qty} × {self.sku_id} for {self.order_line_id}"

    @property
    def short_qty(self) -> int:
        """Units with no claim on any supply."""
        return self.open_qty - self.pegged_qty


class Peg(models.Model):
    """This much of this supply is for this demand. On stock it is an allocation."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="pegs")
    supply = models.ForeignKey(Supply, on_delete=models.PROTECT, related_name="pegs")
    qty = models.PositiveIntegerField()
    released_qty = models.PositiveIntegerField(default=0, help_text="Of these, handed to the warehouse.")
    seated_qty = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Of these, given by a backorder run: a re-plan leaves them here."
    )
    seated_on = models.DateField(null=True, blank=True, help_text="A supply later than this loses its seats.")

    class Meta:
        ordering = ("demand", "id")
        constraints = (
            models.UniqueConstraint(fields=("demand", "supply"), name="one_peg_per_demand_and_supply"),
            models.CheckConstraint(condition=Q(qty__gte=1), name="peg_pegs_something"),
            models.CheckConstraint(condition=Q(released_qty__lte=F("qty")), name="released_within_peg"),
        )

    def __str__(self) -> str:
        return f"{self.qty} of {self.supply_id} for {self.demand_id}"


class ReplanRequest(models.Model):
    """This SKU must be planned again. One row per SKU; the version tells whether a mark came meanwhile."""

    sku = models.OneToOneField(Sku, primary_key=True, on_delete=models.CASCADE, related_name="replan_request")
    version = models.PositiveIntegerField(default=1)
    cause = models.CharField(max_length=40)
    marked_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = "re-plan request"
        ordering = ("marked_at",)

    def __str__(self) -> str:
        return f"re-plan {self.sku_id}"


class CartHold(models.Model):
    """Quantity kept for a cart for some minutes. It consumes ATP and caps until it expires or is ordered."""

    token = models.CharField(max_length=40, unique=True)
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="cart_holds")
    location = models.ForeignKey(
        Location, null=True, blank=True, on_delete=models.CASCADE, related_name="cart_holds"
    )
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="cart_holds")
    region = models.CharField(max_length=40, blank=True, default="")
    qty = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Ordered, given up or swept.")

    class Meta:
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=Q(qty__gte=1), name="cart_hold_holds_something"),)
        indexes = (
            models.Index(fields=("sku", "expires_at"), condition=Q(ended_at=None), name="live_cart_holds"),
        )

    def __str__(self) -> str:
        return self.token
