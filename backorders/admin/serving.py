"""Queue and release policies, and the goods lent by far-dated lines."""

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.models import Loan, QueuePolicy, ReleasePolicy
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin


class QueuePolicyForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = QueuePolicy
        labels: ClassVar[dict[str, str]] = {
            "sku": "SKU",
            "starve_after_days": "Moves up after, days",
            "tier_every_days": "One class more every, days",
            "lock_days": "Lock days before shipping",
        }
        fields = (
            *("name", "sku", "category", "channel", "region", "priority", "allocation_class"),
            *("starve_after_days", "tier_every_days", "lock_days", "may_borrow", "is_active"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("sku") and data.get("category"):
            self.refuse("sku", "A policy speaks for one SKU or for a category: leave the other empty.")
        if (data.get("starve_after_days") is None) != (data.get("tier_every_days") is None):
            self.refuse("tier_every_days", "Say after how many days, and one class up per how many days.")
        return data


@admin.register(QueuePolicy)
class QueuePolicyAdmin(PolicyAdmin):
    """Queue policies."""

    can_be_tried = True
    about = (
        "Who is served first. The same order counts for receipts, re-plans, releases and runs: class, "
        "priority, first promise, then who came first."
    )
    about_page = (
        "Who goes first under this policy, who moves up for waiting, and who lends to the urgent. See "
        "what a change would do before you save it."
    )
    when_empty = "Without a policy the channel's priority is the class, and waiting moves nobody up."
    form = QueuePolicyForm
    list_display = ("name", "scope", "class_words", "guard", "lock_days", "may_borrow", "is_active")
    list_filter = ("is_active", ("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter))
    fieldsets = (
        (None, {"fields": (("name", "is_active"), "seen_version")}),
        ("For whom", {"fields": (("sku", "category"), ("channel", "region"), "priority")}),
        ("Who goes first", {"fields": ("allocation_class", ("starve_after_days", "tier_every_days"))}),
        ("Far-dated lines", {"fields": (("lock_days", "may_borrow"),)}),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="Class")
    def class_words(self, row: QueuePolicy) -> str:
        return "the channel's" if row.allocation_class is None else str(row.allocation_class)

    @admin.display(description="Moves up")
    def guard(self, row: QueuePolicy) -> str:
        if row.starve_after_days is None or row.tier_every_days is None:
            return "never"
        every = shown.count(row.tier_every_days, "day")
        return f"after {shown.count(row.starve_after_days, 'day')}, a class every {every}"


class ReleasePolicyForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = ReleasePolicy
        labels: ClassVar[dict[str, str]] = {
            "sku": "SKU",
            "complete_policy": "Ship-complete lines",
            "line_percent": "Least % of each line",
            "order_percent": "Least % of the order",
            "measure": "Order's % counted in",
        }
        fields = (
            *("name", "sku", "category", "channel", "region", "priority"),
            *("complete_policy", "line_percent", "order_percent", "measure", "is_active"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("sku") and data.get("category"):
            self.refuse("sku", "A policy speaks for one SKU or for a category: leave the other empty.")
        return data


@admin.register(ReleasePolicy)
class ReleasePolicyAdmin(PolicyAdmin):
    """Release policies."""

    about = (
        "How much must be ready before it goes. Each line is held to the share of its own policy, an order "
        "to the largest share that any of its lines asks for."
    )
    about_page = (
        "How much of a line or order must be ready before it goes. See what a change would do before you "
        "save it."
    )
    when_empty = (
        "Without a policy what is ready goes, and ship-complete lines that cannot be filled are skipped."
    )
    form = ReleasePolicyForm
    list_display = (
        "name",
        "scope",
        "complete_policy",
        "line_percent",
        "order_percent",
        "measure",
        "is_active",
    )
    list_filter = ("is_active", ("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter))
    fieldsets = (
        (None, {"fields": (("name", "is_active"), "seen_version")}),
        ("For whom", {"fields": (("sku", "category"), ("channel", "region"), "priority")}),
        ("When goods arrive", {"fields": ("complete_policy",)}),
        ("Before it goes", {"fields": (("line_percent", "order_percent"), "measure")}),
        ("Why", {"fields": ("why",)}),
    )


@admin.register(Loan)
class LoanAdmin(FactAdmin):
    """Loans."""

    about = (
        "Goods on hand of far-dated lines that served urgent ones; inbound covers the lender again in time."
    )
    about_page = "Goods one line gave up for an urgent one, and what covers it again."
    when_empty = "Nothing was lent."
    list_display = ("sku", "qty", "lender_line", "borrower_line", "covered_by", "at_words")
    list_select_related = (
        "lender__order_line__order",
        "lender__sku",
        "borrower__order_line__order",
        "inbound",
    )
    search_fields = (
        "lender__sku__code",
        "lender__order_line__order__number",
        "borrower__order_line__order__number",
    )

    @admin.display(description="SKU")
    def sku(self, row: Loan) -> str:
        return row.lender.sku.code

    @admin.display(description="Lent by")
    def lender_line(self, row: Loan) -> str:
        return str(row.lender.order_line)

    @admin.display(description="For")
    def borrower_line(self, row: Loan) -> str:
        return str(row.borrower.order_line)

    @admin.display(description="Covered by")
    def covered_by(self, row: Loan) -> str:
        return f"{row.inbound.reference or row.inbound.kind} {shown.day(row.inbound.ready_on, '')}".strip()

    @admin.display(description="When")
    def at_words(self, row: Loan) -> str:
        return shown.instant(row.at)
