"""What insight is made of: promotions people mark, tickets and reviews told to us, sums kept by day."""

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RelatedDropdownFilter

from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.models import KpiDay, KpiMonth, KpiRoll, Promotion, Review, Ticket
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.orders.models import Order


class PromotionForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = Promotion
        labels: ClassVar[dict[str, str]] = {
            "sku": "SKU",
            "told_on": "Planning was told on",
            "planned_qty": "Units more, as planned",
        }
        fields = ("name", "sku", "category", "channel", "starts_on", "ends_on", "told_on", "planned_qty")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.refuse("ends_on", "The promotion would end before it starts.")
        return data


@admin.register(Promotion)
class PromotionAdmin(PolicyAdmin):
    """Promotions."""

    about = (
        "Days on which demand is pushed on purpose. A stock-out within them is blamed on the promotion, "
        "unless planning was told before it bought."
    )
    about_page = "Days on which demand was pushed on purpose, and when planning was told."
    when_empty = "No promotion was marked: a surge of demand is told by its shape alone."
    form = PromotionForm
    list_display = ("name", "scope_words", "window", "told")
    list_filter = (("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter))
    search_fields = ("name", "sku__code")
    fieldsets = (
        (None, {"fields": ("name", "seen_version")}),
        ("For what", {"fields": (("sku", "category", "channel"),)}),
        ("When", {"fields": (("starts_on", "ends_on"),)}),
        ("What planning knew", {"fields": (("told_on", "planned_qty"),)}),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="For")
    def scope_words(self, row: Promotion) -> str:
        parts = [row.sku and row.sku.code, row.category, row.channel and row.channel.code]
        return " · ".join(str(part) for part in parts if part) or "everything"

    @admin.display(description="Days")
    def window(self, row: Promotion) -> str:
        return shown.window(row.starts_on, row.ends_on)

    @admin.display(description="Planning told")
    def told(self, row: Promotion) -> str:
        return shown.day(row.told_on, "never")


class AboutOrderAdmin(FactAdmin):
    """Something another system told us of an order."""

    list_select_related = ("order",)
    search_fields = ("external_id", "order__number")
    ordering = ("-id",)

    @admin.display(description="Order")
    def order_link(self, row: Any) -> str:
        return shown.link_pk(Order, row.order_id, row.order.number)


@admin.register(Ticket)
class TicketAdmin(AboutOrderAdmin):
    """Tickets, newest first."""

    about = "Calls for help about orders, as the help desk told us. Key figures count them."
    about_page = "A call for help about an order."
    when_empty = "No help desk has told us of a ticket."
    list_display = ("external_id", "order_link", "subject", "opened", "source")

    @admin.display(description="Opened")
    def opened(self, row: Ticket) -> str:
        return shown.instant(row.opened_at)


@admin.register(Review)
class ReviewAdmin(AboutOrderAdmin):
    """Reviews, newest first."""

    about = (
        "How likely customers are to recommend us, 0 to 10. Orders with backorders are held against others."
    )
    about_page = "How likely one customer is to recommend us, 0 to 10."
    when_empty = "No review tool has told us of a score."
    list_display = ("external_id", "order_link", "score", "reviewed", "source")

    @admin.display(description="Reviewed")
    def reviewed(self, row: Review) -> str:
        return shown.instant(row.reviewed_at)


@admin.register(KpiDay)
class KpiDayAdmin(FactAdmin):
    """Sums by day."""

    about = "What the key figures are added up from, by day. Made anew when something of a day changes."
    about_page = "What one day adds to the key figures."
    when_empty = "Nothing was summed yet: it is done every five minutes."
    list_display = ("on", "kind", "scope", "value", "channel", "region")
    list_filter = ("kind", "scope", ("day", RangeDateFilter))
    search_fields = ("=value",)
    ordering = ("kind", "-day", "id")

    @admin.display(description="Day")
    def on(self, row: KpiDay) -> str:
        return shown.day(row.day)


@admin.register(KpiMonth)
class KpiMonthAdmin(FactAdmin):
    """Sums by month."""

    about = "The daily sums added up by month, so that a year of key figures is answered at once."
    about_page = "What one month adds to the key figures."
    when_empty = "No month was added up yet: it is done with the daily sums."
    list_display = ("of_month", "kind", "scope", "value", "channel", "region", "is_whole")
    list_filter = ("kind", "scope", "is_whole", ("month", RangeDateFilter))
    search_fields = ("=value",)
    ordering = ("kind", "-month", "id")

    @admin.display(description="Month")
    def of_month(self, row: KpiMonth) -> str:
        return f"{row.month:%Y-%m}"


@admin.register(KpiRoll)
class KpiRollAdmin(FactAdmin):
    """Runs of the daily sums."""

    about = "When the sums of the key figures were last brought up to date, and how many days that took."
    about_page = "One round of adding the key figures up."
    when_empty = "The sums were never made."
    list_display = ("at_words", "days")
    ordering = ("-id",)

    @admin.display(description="When")
    def at_words(self, row: KpiRoll) -> str:
        return shown.instant(row.at)
