"""SKUs, locations, supply and the ledger of stock movements."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from oms.kernel import clock

MAX_QTY = 10_000_000
"""No document may name more units than this on one line: beyond it is a typing error."""


class Sku(models.Model):
    """The smallest thing we stock and sell; identity of supply and demand. Its row is the lock of both."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISCONTINUED = "discontinued"
        UNRELEASED = "unreleased"

    code = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=200, blank=True, default="")
    category = models.CharField(max_length=80, blank=True, default="", db_index=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.ACTIVE)
    launch_on = models.DateField(null=True, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    pack_qty = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    is_tracked = models.BooleanField(default=True, help_text="Untracked SKUs are always in stock.")
    is_shipped_together = models.BooleanField(default=False, help_text="Kit: ship all parts in one parcel.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "SKU"
        verbose_name_plural = "SKUs"
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=Q(pack_qty__gte=1), name="pack_holds_at_least_one"),)

    def __str__(self) -> str:
        return self.code


class Alternative(models.Model):
    """A SKU that may be offered instead, in the order of `rank`; never sent without the customer's yes."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="alternatives")
    alternative = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="offered_for")
    rank = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ("sku", "rank", "id")
        constraints = (
            models.UniqueConstraint(fields=("sku", "alternative"), name="one_alternative_per_pair"),
            models.CheckConstraint(condition=~Q(sku=F("alternative")), name="alternative_is_another_sku"),
        )

    def __str__(self) -> str:
        return f"{self.sku} → {self.alternative}"


class KitPart(models.Model):
    """A kit holds no stock: its parts do. Demand for the kit is demand for these."""

    kit = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="parts")
    component = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="part_of")
    qty = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("kit", "id")
        constraints = (
            models.UniqueConstraint(fields=("kit", "component"), name="one_row_per_kit_and_component"),
            models.CheckConstraint(condition=Q(qty__gte=1), name="kit_part_holds_at_least_one"),
            models.CheckConstraint(condition=~Q(kit=F("component")), name="kit_is_not_its_own_part"),
        )

    def __str__(self) -> str:
        return f"{self.kit}: {self.qty} × {self.component}"


def working_week() -> list[int]:
    """Monday to Friday (0 = Monday)."""
    return [0, 1, 2, 3, 4]


class Location(models.Model):
    """A place that ships: warehouse, shop or 3PL node, with its zone, calendar and cut-offs."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120, blank=True, default="")
    timezone = models.CharField(max_length=60, default="UTC")
    country = models.CharField(max_length=2, default="DE")
    regions = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, help_text="Empty: all regions."
    )
    work_days = ArrayField(models.PositiveSmallIntegerField(), default=working_week, help_text="0 = Monday.")
    holiday_country = models.CharField(max_length=2, blank=True, default="")
    holiday_subdivision = models.CharField(max_length=10, blank=True, default="")
    cut_offs = ArrayField(models.TimeField(), default=list, blank=True)
    receiving_days = models.PositiveSmallIntegerField(default=0)
    processing_days = models.PositiveSmallIntegerField(default=0)
    inspection_days = models.PositiveSmallIntegerField(
        default=2, help_text="Days until what a customer sent back is inspected."
    )
    transit = models.JSONField(default=dict, blank=True, help_text="Carrier working days by region.")
    transit_default = models.PositiveSmallIntegerField(default=2)
    carrier_work_days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=working_week,
        help_text="Days on which the carrier moves parcels; its public holidays are those of the location.",
    )
    priority = models.IntegerField(default=100, help_text="Lowest first.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("priority", "code")

    def __str__(self) -> str:
        return self.code


class Supply(models.Model):
    """A quantity with a ready date that can cover demand. `pegged_qty` is the sum of its claims."""

    class Kind(models.TextChoices):
        STOCK = "stock"
        HOLD = "hold"
        RETURN = "return"
        TRANSFER = "transfer"
        PURCHASE = "purchase"
        PRODUCTION = "production"
        PLANNED = "planned"

    PHYSICAL: ClassVar[tuple[str, ...]] = ("stock", "hold")

    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="supplies")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="supplies")
    kind = models.CharField(max_length=12, choices=Kind)
    quantity = models.IntegerField(default=0)
    pegged_qty = models.IntegerField(default=0)
    ready_on = models.DateField(
        null=True, blank=True, help_text="Empty: now (stock) or not known (the rest)."
    )
    is_confirmed = models.BooleanField(default=False)
    reference = models.CharField(
        max_length=80, blank=True, default="", help_text="The document it comes from."
    )
    last_cause = models.CharField(
        max_length=40, blank=True, default="", help_text="Why it last moved or shrank."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "supplies"
        ordering = ("sku", "ready_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(pegged_qty__gte=0) & Q(pegged_qty__lte=F("quantity")), name="pegged_within_supply"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="supply_never_negative"),
            models.UniqueConstraint(
                fields=("sku", "location"), condition=Q(kind="stock"), name="one_stock_per_sku_and_location"
            ),
            models.UniqueConstraint(
                fields=("sku", "location"),
                condition=Q(kind="planned"),
                name="one_planned_per_sku_and_location",
            ),
        )
        indexes = (
            models.Index(
                fields=("sku",), condition=Q(quantity__gt=F("pegged_qty")), name="supply_with_free_units"
            ),
            models.Index(fields=("ready_on",), condition=Q(quantity__gt=0), name="supply_by_ready_date"),
        )

    def __str__(self) -> str:
        return f"{self.reference or self.kind} {self.sku_id}"

    @property
    def free_qty(self) -> int:
        """Units nobody has claimed."""
        return self.quantity - self.pegged_qty


class Movement(models.Model):
    """One change of a physical supply. Append-only: what is on hand is the sum of its movements."""

    class Kind(models.TextChoices):
        RECEIVE = "receive"
        ISSUE = "issue"
        ADJUST = "adjust"
        HOLD = "hold"
        TRANSFER = "transfer"

    supply = models.ForeignKey(Supply, on_delete=models.PROTECT, related_name="movements")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind)
    qty = models.IntegerField(help_text="Signed: what it added to the supply.")
    cause = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True, default="")
    reference = models.CharField(max_length=80, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=~Q(qty=0), name="movement_moves_something"),)
        indexes = (models.Index(fields=("sku", "location", "at"), name="movements_of_a_place"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.qty:+d} {self.sku_id}"


class StockHold(models.Model):
    """Units on hand that must not ship: damaged, quarantine, dispute. Cleared into stock, or written off."""

    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="holds")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="holds")
    supply = models.OneToOneField(Supply, on_delete=models.PROTECT, related_name="stock_hold")
    qty = models.PositiveIntegerField()
    cause = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True, default="")
    clears_on = models.DateField(null=True, blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=120)
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        verbose_name = "quality hold"
        ordering = ("-placed_at",)
        constraints = (models.CheckConstraint(condition=Q(qty__gte=1), name="hold_holds_something"),)

    def __str__(self) -> str:
        return f"{self.qty} × {self.sku_id} held"


class StockCount(models.Model):
    """A correction of on hand: a difference, or what somebody counted as of an instant. Append-only."""

    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=120, help_text="The client or person it came from.")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="counts")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="counts")
    delta_qty = models.IntegerField(help_text="What it changed.")
    counted_qty = models.IntegerField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_count_per_external_id"),
        )

    def __str__(self) -> str:
        return f"{self.external_id} {self.delta_qty:+d}"
