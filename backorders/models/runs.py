"""Backorder runs: what a planner asked for, its saved variants, and what it did to each SKU and line."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from backorders.rules.runs import RunClass
from inventory.models import Sku
from oms.orders.models import OrderLine


class OnException(models.TextChoices):
    """What a guarantee that cannot be paid leads to."""

    ABORT = "abort", "abort: everything stays as it was"
    FALLBACK = "fallback", "fall back to another variant"


class RunVariant(Policy):
    """A saved run: its segments in order, and what happens when a guarantee cannot be paid."""

    name = models.CharField(max_length=80, unique=True)
    segments = models.JSONField(default=list, help_text="Filter, class, sort and share, in order.")
    on_exception = models.CharField(max_length=10, choices=OnException, default=OnException.ABORT)
    fallback = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="falls_back_from"
    )
    is_nightly = models.BooleanField(default=False, help_text="Written every night, before the signals.")
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(on_exception="fallback") | Q(fallback__isnull=False),
                name="falling_back_needs_a_variant",
            ),
        )

    def __str__(self) -> str:
        return self.name


class BackorderRun(models.Model):
    """One run: asked for, checked over all SKUs, then (unless dry) written SKU by SKU. Resumable."""

    class State(models.TextChoices):
        QUEUED = "queued"
        CHECKING = "checking"
        WRITING = "writing"
        DONE = "done"
        ABORTED = "aborted"
        FAILED = "failed"

    ENDED = (State.DONE, State.ABORTED, State.FAILED)

    variant = models.ForeignKey(
        RunVariant, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    segments = models.JSONField()
    is_dry = models.BooleanField(default=True)
    on_exception = models.CharField(max_length=10, choices=OnException, default=OnException.ABORT)
    fallback_name = models.CharField(max_length=80, blank=True, default="")
    fallback_segments = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    sku_count = models.PositiveIntegerField(null=True, blank=True, help_text="SKUs in the run.")
    after_sku = models.BigIntegerField(default=0, help_text="The last SKU done in this state.")
    figures = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    finished_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(
        null=True, blank=True, help_text="When re-plans were let loose on what it gave."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("id",),
                condition=Q(state__in=("queued", "checking", "writing")),
                name="unfinished_runs",
            ),
        )

    def __str__(self) -> str:
        return f"{'dry run' if self.is_dry else 'run'} {self.pk}"


class RunSku(models.Model):
    """What a run found or did for one SKU; units. `churned_qty`: claimed before and on other supply now."""

    class Outcome(models.TextChoices):
        CHECKED = "checked"
        WRITTEN = "written"
        KEPT = "kept", "kept as it was"
        FAILED = "failed"

    run = models.ForeignKey(BackorderRun, on_delete=models.CASCADE, related_name="skus")
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="runs")
    outcome = models.CharField(max_length=10, choices=Outcome)
    is_fallback = models.BooleanField(default=False)
    free_qty = models.IntegerField(default=0)
    claimed_qty = models.IntegerField(default=0)
    churned_qty = models.IntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name = "SKU of a run"
        verbose_name_plural = "SKUs of runs"
        ordering = ("run", "sku")
        constraints = (models.UniqueConstraint(fields=("run", "sku"), name="one_outcome_per_run_and_sku"),)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.sku_id} {self.outcome}"


class RunLine(models.Model):
    """An order line in a run: units before and after, the day its goods are ready, and to whom it lost."""

    run = models.ForeignKey(BackorderRun, on_delete=models.CASCADE, related_name="lines")
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="run_lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="run_lines")
    segment = models.PositiveSmallIntegerField(help_text="From 0, of the segments that were used.")
    run_class = models.CharField(max_length=12, choices=[(cls.value, cls.value) for cls in RunClass])
    requested_qty = models.IntegerField()
    before_qty = models.IntegerField()
    after_qty = models.IntegerField()
    before_on = models.DateField(null=True, blank=True, help_text="When the last of its goods is ready.")
    after_on = models.DateField(null=True, blank=True)
    keep_by = models.DateField(null=True, blank=True, help_text="The day its promise holds until.")
    breaks_promise = models.BooleanField(default=False)
    is_shuffled = models.BooleanField(
        default=False, help_text="On other supply now, though neither quantity nor date changed."
    )
    owed_qty = models.IntegerField(
        null=True, blank=True, help_text="Units guaranteed that could not be paid."
    )
    unit_value = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    lost_to = models.JSONField(default=list, help_text="Order line and units, of the supplies it was on.")
    gained_from = models.JSONField(default=list)

    class Meta:
        verbose_name = "line of a run"
        verbose_name_plural = "lines of runs"
        ordering = ("run", "id")
        constraints = (
            models.UniqueConstraint(fields=("run", "order_line", "sku"), name="one_result_per_run_and_line"),
        )

    def __str__(self) -> str:
        return f"{self.order_line_id}: {self.before_qty} → {self.after_qty}"

    @property
    def is_kit_part(self) -> bool:
        """Whether it is a part of a kit, which a run leaves alone: only all parts make the kit ready."""
        return self.sku_id != self.order_line.sku_id

    @property
    def change(self) -> str:
        """How the line comes out: gain, lose, earlier, later or same."""
        if self.after_qty != self.before_qty:
            return "gain" if self.after_qty > self.before_qty else "lose"
        if self.before_on is None or self.after_on is None or self.before_on == self.after_on:
            return "same"
        return "earlier" if self.after_on < self.before_on else "later"
