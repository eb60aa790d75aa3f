"""Delay cases: the question put to a customer, and what they answered."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from backorders import explanations
from backorders.admin.line_buttons import AnswerThisCase
from backorders.models import Choice as Answered
from backorders.models import DelayCase
from notifications.models import Message
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice
from oms.urgent import lapsing_cases


class LapsesFilter(Choice):
    """Open questions, by how soon silence answers them."""

    title = "lapses"
    parameter_name = "lapses"
    options = {"soon": ("within 48 hours", lapsing_cases), "open": ("still open", {"closed_at": None})}


def _answered(answer: str) -> QuerySet[DelayCase]:
    """Cases whose newest answer is this one, given by the customer."""
    newest = Answered.objects.filter(case=OuterRef("pk")).order_by("-id")
    rows = DelayCase.objects.annotate(
        newest=Subquery(newest.values("choice")[:1]), kept_silent=Subquery(newest.values("is_silence")[:1])
    )
    if answer == "silent":
        return rows.filter(kept_silent=True)
    return rows.filter(newest=answer, kept_silent=False)


def _noticed(*states: str) -> QuerySet[DelayCase]:
    """Cases by what became of their notice."""
    keys = Message.objects.filter(state__in=states, key=OuterRef("notice_key"))
    return DelayCase.objects.filter(Exists(keys))


def _unreached(*, otherwise: bool) -> QuerySet[DelayCase]:
    """Cases whose notice reached nobody, by whether another way did."""
    told = Message.objects.filter(instead_of=OuterRef("pk"), state=Message.State.SENT)
    notices = Message.objects.filter(
        Exists(told) if otherwise else ~Exists(told),
        state__in=(Message.State.FAILED, Message.State.BOUNCED),
        key=OuterRef("notice_key"),
    )
    return DelayCase.objects.filter(Exists(notices))


class OutcomeFilter(Choice):
    """Cases by what was answered."""

    title = "answer"
    parameter_name = "outcome"
    options = {
        "open": ("none yet", {"closed_at": None}),
        "wait": ("wait", lambda: _answered("wait")),
        "switch": ("switch", lambda: _answered("switch")),
        "ship_ready": ("ship what is ready", lambda: _answered("ship_ready")),
        "cancel": ("cancel", lambda: _answered("cancel")),
        "silent": ("silent", lambda: _answered("silent")),
        "asked_anew": ("asked anew", {"closed_because": "asked_anew"}),
        "healed": ("healed", {"closed_because": "healed"}),
    }


class NoticeFilter(Choice):
    """Cases by what became of their notice."""

    title = "notice"
    parameter_name = "notice"
    options = {
        "untold": ("being written", {"notice_key": ""}),
        "queued": ("queued", lambda: _noticed("queued", "sending")),
        "held": ("held back", lambda: _noticed("held")),
        "sent": ("told", lambda: _noticed("sent")),
        "otherwise": ("told another way", lambda: _unreached(otherwise=True)),
        "failed": ("bounced or failed", lambda: _unreached(otherwise=False)),
    }


@admin.register(DelayCase)
class DelayCaseAdmin(FactAdmin):
    """Delay cases, the most urgent first."""

    about = (
        "A promise that could not be kept, and what the customer was asked. When the time is up, "
        "silence is the answer."
    )
    about_page = (
        "What this customer was asked, until when, why the date moved, and what they answered. Did they "
        "call? Record the answer."
    )
    when_empty = "No promise was broken that a customer had to be asked about."
    page = "workplace/case.html"
    buttons = (AnswerThisCase,)
    list_display = (
        "line",
        "customer",
        "promised",
        "answer_by_words",
        "silence_means",
        "cause_words",
        "state",
    )
    list_filter = (LapsesFilter, OutcomeFilter, NoticeFilter, ("campaign", AutocompleteSelectFilter))
    list_select_related = ("order_line__order__customer", "promise")
    search_fields = ("order_line__order__number",)
    ordering = ("answer_by", "id")
    ordering_of_all = ("-answer_by", "-id")

    def title_of(self, row: DelayCase) -> str:
        return f"{row.order_line}, delay {row.delay_no}"

    @admin.display(description="Line")
    def line(self, row: DelayCase) -> str:
        return str(row.order_line)

    @admin.display(description="Customer")
    def customer(self, row: DelayCase) -> str:
        return shown.link(row.order_line.order.customer)

    @admin.display(description="New date")
    def promised(self, row: DelayCase) -> str:
        return shown.window(row.promise.ships_earliest, row.promise.ships_latest)

    @admin.display(description="Answer by")
    def answer_by_words(self, row: DelayCase) -> str:
        return shown.instant(row.answer_by) if row.closed_at else shown.deadline(row.answer_by)

    @admin.display(description="Why")
    def cause_words(self, row: DelayCase) -> str:
        return shown.cause(row.cause)

    @admin.display(description="State")
    def state(self, row: DelayCase) -> str:
        if row.closed_at is None:
            return shown.chip("open", "warn")
        return shown.chip(shown.spelt(row.closed_because) or "closed")

    def page_context(self, request: HttpRequest, row: DelayCase) -> dict[str, Any]:
        return {
            "state": self.state(row),
            "answer_by": self.answer_by_words(row),
            "answers": list(row.answers.select_related("alternative")),
            "why": explanations.for_staff(row.promise.basis, names=explanations.names_for([row.promise])),
            "said": explanations.for_customer(row.promise.basis, locale=row.order_line.order.customer.locale),
        }


@admin.register(Answered)
class ChoiceAdmin(FactAdmin):
    """Answers."""

    about = "What customers answered, or what their silence meant."
    about_page = "What a customer answered about one line, or what their silence meant."
    when_empty = "Nobody was asked anything yet."
    list_display = ("at_words", "line", "choice_words", "alternative", "said_by")
    list_filter = ("choice", "is_silence")
    list_select_related = ("case__order_line__order", "alternative")
    search_fields = ("case__order_line__order__number",)
    ordering = ("-id",)

    @admin.display(description="When")
    def at_words(self, row: Answered) -> str:
        return shown.instant(row.at)

    @admin.display(description="Choice")
    def choice_words(self, row: Answered) -> str:
        return shown.spelt(row.choice)

    @admin.display(description="Line")
    def line(self, row: Answered) -> str:
        return shown.link(row.case, row.case.order_line)

    @admin.display(description="By")
    def said_by(self, row: Answered) -> str:
        """Silence, the customer, or who took the call."""
        if row.is_silence:
            return shown.chip("silence", "warn")
        return "the customer" if row.by.startswith("customer:") else shown.who(row.by)
