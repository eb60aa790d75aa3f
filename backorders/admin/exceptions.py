"""What makes delays good, lines never cancelled, periods customers set; and the buttons on a line."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

from backorders import exceptions, guarding, making_good
from backorders.models import ExtraPeriod, MakeGood, MakeGoodBudget, NeverCancel
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done, actor_of
from oms.kernel.admin.forms import NOTE_LENGTH, AskForm, DateField
from oms.orders.models import OrderLine


class NoteForm(AskForm):
    """Why."""

    note = forms.CharField(
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stands in the record of the line beside your name.",
    )


class KeepLine(Button[OrderLine]):
    """Keep a line from being ended by its policy."""

    slug = "keep"
    label = "Never cancel"
    says = "No policy ends this line by itself any more, however late it gets. The law still may."
    icon = "lock"
    permission = "backorders.keep_line"
    form = NoteForm

    def is_offered(self) -> bool:
        return self.row.open_qty > 0 and not self.row.never_cancels.filter(ended_at=None).exists()

    def press(self, data: dict[str, Any]) -> Done:
        exceptions.never_cancel(line_id=self.row.pk, note=data["note"], actor=self.actor)
        return Done(f"{self.row} is not cancelled by itself.")


class EndKeepLine(Button[OrderLine]):
    """Let the policy speak again."""

    slug = "unkeep"
    label = "Let the policy end it"
    says = "From now on the cancellation policy may end this line again."
    icon = "lock_open"
    permission = "backorders.keep_line"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.never_cancels.filter(ended_at=None).exists()

    def press(self, data: dict[str, Any]) -> Done:
        exceptions.end_never_cancel(line_id=self.row.pk, actor=self.actor)
        return Done(f"The policy of {self.row} speaks again.")


class GrantForm(AskForm):
    """What to give."""

    kind = forms.ChoiceField(
        required=False, choices=[("", "the most its policy offers"), *MakeGood.Kind.choices], label="Give"
    )
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))


class GrantMakeGood(Button[OrderLine]):
    """Give a customer something for the delay."""

    slug = "make-good"
    label = "Make it good"
    says = "Gives the customer what the policy offers for this delay, out of its budget."
    icon = "redeem"
    permission = "backorders.grant_makegood"
    form = GrantForm

    def is_offered(self) -> bool:
        return self.row.open_qty > 0 and making_good.offer_of(self.row).band is not None

    def press(self, data: dict[str, Any]) -> Done:
        given = making_good.grant(line_id=self.row.pk, actor=self.actor, **data)
        cost = shown.money(given.cost, given.currency)
        return Done(f"{self.row} is given {shown.spelt(given.kind)} at {cost}.")


class PeriodForm(AskForm):
    """Until when."""

    until = DateField(label="Last day of the period")


class SetExtraPeriod(Button[OrderLine]):
    """Record the additional period a customer set."""

    slug = "period"
    label = "Additional period"
    says = "Records that the customer gave us one more period after a missed delivery (EU, UK)."
    icon = "more_time"
    permission = "backorders.record_choice"
    form = PeriodForm

    def is_offered(self) -> bool:
        return self.row.deadlines.filter(kind="missed", closed_because="missed").exists()

    def press(self, data: dict[str, Any]) -> Done:
        period = exceptions.set_extra_period(line_id=self.row.pk, until=data["until"], actor=self.actor)
        return Done(f"{self.row} is to be delivered by {shown.day(period.until)}.")


class _OfLine(FactAdmin):
    """A fact about one line."""

    list_select_related: Any = ("order_line__order",)
    search_fields: Any = ("order_line__order__number",)
    ordering: Any = ("-id",)

    @admin.display(description="Line")
    def line(self, row: Any) -> str:
        return str(row.order_line)

    @admin.display(description="When")
    def at_words(self, row: Any) -> str:
        return shown.instant(row.at)

    @admin.display(description="By")
    def by_words(self, row: Any) -> str:
        return shown.who(row.by)


@admin.register(MakeGood)
class MakeGoodAdmin(_OfLine):
    """What customers were given."""

    about = "What customers were given for a delay, out of the budget of their policy."
    about_page = "What a customer was given for one delay, and what it cost."
    when_empty = "Nobody was given anything yet."
    list_display = ("line", "kind", "cost_words", "days_late", "policy", "at_words", "by_words")
    list_filter = ("kind",)
    list_select_related = ("order_line__order", "policy")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        page = self.admin_site.admin_view(self.guard_view)
        return [path("guard/", page, name="backorders_makegood_guard"), *super().get_urls()]

    def guard_view(self, request: HttpRequest) -> HttpResponse:
        """Slips with what they put at stake, and one button per group."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_grant = request.user.has_perm(GrantMakeGood.permission)
        if request.method == "POST":
            if not may_grant:
                raise PermissionDenied
            given, left = guarding.grant_all(key=request.POST.get("group", ""), actor=actor_of(request))
            messages.success(request, f"{shown.count(given, 'line')} made good, {left} left out.")
            return HttpResponseRedirect(request.path)
        frame = self.admin_site.each_context(request)
        page = {"title": "Margin guard", "groups": guarding.groups()}
        return TemplateResponse(
            request, "workplace/margin_guard.html", {**frame, **page, "may_grant": may_grant}
        )

    @admin.display(description="Cost")
    def cost_words(self, row: MakeGood) -> str:
        return shown.money(row.cost, row.currency)


@admin.register(NeverCancel)
class NeverCancelAdmin(_OfLine):
    """Lines kept."""

    about = "Lines that no policy ends by itself, and why. The law still may."
    about_page = "A line that no policy ends by itself, and why."
    when_empty = "No line is kept."
    list_display = ("line", "note", "at_words", "by_words", "ended")

    @admin.display(description="Ended")
    def ended(self, row: NeverCancel) -> str:
        return f"{shown.instant(row.ended_at)}, {shown.who(row.ended_by)}" if row.ended_at else shown.NOTHING


@admin.register(ExtraPeriod)
class ExtraPeriodAdmin(_OfLine):
    """Additional periods."""

    about = "One more period that customers set after a missed delivery. Missed again, they may end it."
    about_page = "One more period a customer set, and until when."
    when_empty = "Nobody has set a period."
    list_display = ("line", "until_words", "at_words", "by_words")

    @admin.display(description="Until")
    def until_words(self, row: ExtraPeriod) -> str:
        return shown.day(row.until)


@admin.register(MakeGoodBudget)
class MakeGoodBudgetAdmin(FactAdmin):
    """Budgets."""

    about = "What each cancellation policy has spent on making delays good, beside its budget."
    about_page = "What one policy has spent on making delays good, beside its budget."
    when_empty = "Nothing was spent yet."
    list_display = ("policy", "spent", "budget")
    list_select_related = ("policy",)
    search_fields = ("policy__name",)
    ordering = ("policy__name", "id")

    @admin.display(description="Budget")
    def budget(self, row: MakeGoodBudget) -> str:
        most = row.policy.make_good_budget
        return "unlimited" if most is None else f"{most:,.2f}"
