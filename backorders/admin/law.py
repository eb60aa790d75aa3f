"""The law of delay as rows with their sources, and the deadlines it sets; not legal advice."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminURLInputWidget

from backorders import lawbook
from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.models import Deadline, DelayPolicy
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice
from oms.urgent import law_needs_a_person

BLOCKED = {
    "notice_due": "tell the customer: no notice reached them",
    "with_warehouse": "get it back from the warehouse, or ship it",
    "refund_unsent": "send the money",
}


class DelayPolicyForm(PolicyForm):
    """What cannot be meant."""

    source = forms.URLField(
        assume_scheme="https",
        max_length=300,
        widget=UnfoldAdminURLInputWidget(),
        help_text="Where the law can be read.",
    )

    class Meta:
        model = DelayPolicy
        labels: ClassVar[dict[str, str]] = {
            "is_consumers_only": "Consumers only",
            "is_lapsing": "Ends by itself",
            "is_cause_needed": "Undated only with a cause",
            "is_told_as_duration": "Told in days or weeks",
            "may_set_extra_period": "One more period",
            "may_end_late_part": "May end the late part",
            "is_substitute_asked": "Ask before a substitute",
            "is_fee_forbidden": "No fee",
            "has_online_withdrawal": "Online withdrawal",
            "refund_count": "Counted in",
        }
        fields = (
            *("name", "source", "country", "state", "channel", "is_consumers_only", "valid_from", "valid_to"),
            *("clock", "default_days", "credit_days", "is_lapsing", "consent_days", "is_cause_needed"),
            *("is_told_as_duration", "may_set_extra_period", "may_end_late_part", "is_substitute_asked"),
            *("is_fee_forbidden", "withdrawal_days", "uninformed_months", "has_online_withdrawal"),
            *("refund_days", "refund_count", "refund_target_days", "keep_record_years", "is_active"),
        )

    def clean_country(self) -> str:
        country: str = (self.cleaned_data["country"] or "").upper()
        if country and not (len(country) == 2 and country.isalpha()):
            self.refuse("country", "A country is a code of two letters such as US; EU for the union.")
        return country

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("valid_from"), data.get("valid_to")
        if first and last and last < first:
            self.refuse("valid_to", "The row would end before it starts.")
        if data.get("is_lapsing") and data.get("default_days") is None:
            self.refuse("default_days", "What ends by itself needs the days after which it does.")
        if data.get("state") and not data.get("country"):
            self.refuse("country", "A state is of a country: name it.")
        return data


@admin.register(DelayPolicy)
class DelayPolicyAdmin(PolicyAdmin):
    """Rows of the law of delay."""

    about = (
        "What the law asks when we are late, by country, state and buyer. Of several rows the strictest of "
        "each field wins. Every row links its source. Not legal advice: have yours reviewed."
    )
    about_page = (
        "What the law asks of us here when we are late, with its source. Not legal advice: have it reviewed."
    )
    when_empty = "Without a row no law is kept for you. `manage.py sync_policies` adds those we ship."
    form = DelayPolicyForm
    list_display = ("name", "where", "clock", "days", "silence", "refund", "source_link", "is_active")
    list_filter = ("is_active", "country", ("channel", RelatedDropdownFilter))
    list_select_related = ("channel",)
    autocomplete_fields = ("channel",)
    search_fields = ("name", "=country", "code")
    fieldsets = (
        (None, {"fields": (("name", "is_active"), "source", "seen_version")}),
        (
            "For whom",
            {
                "fields": (
                    ("country", "state", "channel"),
                    "is_consumers_only",
                    ("valid_from", "valid_to"),
                )
            },
        ),
        ("How long", {"fields": ("clock", ("default_days", "credit_days"))}),
        (
            "A delay",
            {
                "fields": (
                    ("is_lapsing", "consent_days"),
                    ("is_cause_needed", "is_told_as_duration"),
                    ("may_set_extra_period", "may_end_late_part"),
                    "is_substitute_asked",
                )
            },
        ),
        (
            "Ending it",
            {
                "fields": (
                    ("withdrawal_days", "uninformed_months"),
                    ("has_online_withdrawal", "is_fee_forbidden"),
                    ("refund_days", "refund_count", "refund_target_days"),
                )
            },
        ),
        ("Evidence", {"fields": ("keep_record_years",)}),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="Where")
    def where(self, row: DelayPolicy) -> str:
        whom = "consumers" if row.is_consumers_only else "all buyers"
        place = "/".join(part for part in (row.country, row.state) if part) or "elsewhere"
        return " · ".join([place, whom, *([str(row.channel)] if row.channel else [])])

    @admin.display(description="Without a date")
    def days(self, row: DelayPolicy) -> str:
        return shown.NOTHING if row.default_days is None else shown.count(row.default_days, "day")

    @admin.display(description="Silence means")
    def silence(self, row: DelayPolicy) -> str:
        words = lawbook.silence_words(row)
        if words["first_short"] == words["otherwise"]:
            return words["otherwise"]
        return f"{words['first_short']} at first, else {words['otherwise']}"

    @admin.display(description="Money back")
    def refund(self, row: DelayPolicy) -> str:
        return shown.NOTHING if row.refund_days is None else f"{row.refund_days} {row.refund_count} days"

    @admin.display(description="Source")
    def source_link(self, row: DelayPolicy) -> str:
        return format_html('<a href="{}" rel="noreferrer noopener" target="_blank">read it</a>', row.source)


class DueFilter(Choice):
    """Deadlines by what they want."""

    title = "due"
    parameter_name = "due"
    options = {
        "person": ("needs a person", lambda: law_needs_a_person()),
        "open": ("open", {"closed_at": None}),
    }


@admin.register(Deadline)
class DeadlineAdmin(FactAdmin):
    """Deadlines of the law, the first first."""

    about = (
        "Days by which the law wants something done for a line: a notice told, goods shipped, money sent. "
        "The last day counts whole, where the customer is. Not legal advice."
    )
    about_page = "The last day for one thing the law wants done for a line. Not legal advice."
    when_empty = "No law waits for anything."
    list_display = ("line", "kind_words", "last_on_words", "zone", "state", "wants")
    list_filter = (DueFilter, "kind")
    list_select_related = ("order_line__order",)
    search_fields = ("order_line__order__number",)
    ordering = ("due_at", "id")
    ordering_of_all = ("-due_at", "-id")

    def title_of(self, row: Deadline) -> str:
        return f"{row.order_line}: {row.get_kind_display()}"

    @admin.display(description="Line")
    def line(self, row: Deadline) -> str:
        return str(row.order_line)

    @admin.display(description="What")
    def kind_words(self, row: Deadline) -> str:
        return str(row.get_kind_display())

    @admin.display(description="Last day")
    def last_on_words(self, row: Deadline) -> str:
        return shown.day(row.last_on) if row.closed_at else shown.lateness(row.last_on, clock.now().date())

    @admin.display(description="State")
    def state(self, row: Deadline) -> str:
        if row.closed_at:
            return shown.chip(shown.spelt(row.closed_because) or "closed")
        return shown.chip("needs a person", "warn") if row.blocked_because else shown.chip("open", "note")

    @admin.display(description="Wants")
    def wants(self, row: Deadline) -> str:
        return BLOCKED.get(row.blocked_because, shown.spelt(row.blocked_because))

    def page_context(self, request: HttpRequest, row: Deadline) -> dict[str, Any]:
        return {"state": self.state(row)}
