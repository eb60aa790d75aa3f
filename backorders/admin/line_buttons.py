"""Buttons on a waiting line: correct its cause, record what the customer says by phone."""

from typing import Any

from django import forms
from django.http import HttpRequest

from backorders import causes, choosing
from backorders.models import Backorder, Choice, DelayCase
from inventory.models import Sku
from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import NOTE_LENGTH, AskForm
from oms.orders.models import OrderLine

WORDS = {
    Choice.Answer.WAIT: "Wait for the new date",
    Choice.Answer.SWITCH: "Switch to another article",
    Choice.Answer.CANCEL: "Cancel for a refund",
    Choice.Answer.SHIP_READY: "Ship what is ready",
}


class CorrectForm(AskForm):
    """Why the line really waits."""

    cause = forms.ChoiceField(label="What made it short", choices=())
    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What you know that the books do not.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = [(code, shown.spelt(code)) for code in Backorder.Cause.values]
        self.fields["cause"].choices = options  # type: ignore[attr-defined]


class CorrectCause(Button[OrderLine]):
    """Set the cause of a backorder by hand."""

    slug = "cause"
    label = "Correct cause"
    says = (
        "Says why this line was short. What the evidence said before stays in history; reports use "
        "what you say."
    )
    icon = "troubleshoot"
    permission = "backorders.correct_cause"
    form = CorrectForm

    def is_offered(self) -> bool:
        return Backorder.objects.filter(order_line=self.row).exists()

    def initial(self) -> dict[str, Any]:
        backorder = Backorder.objects.filter(order_line=self.row).first()
        return {"cause": backorder.cause} if backorder else {}

    def press(self, data: dict[str, Any]) -> Done:
        tag = causes.correct_cause(order_line_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row} waits because of {shown.spelt(tag.cause)}.")


class AnswerForm(AskForm):
    """What the customer said."""

    choice = forms.ChoiceField(label="The customer wants to", choices=())
    alternative = forms.ModelChoiceField(
        Sku.objects.none(), required=False, empty_label="–", help_text="Only for a switch."
    )

    def __init__(self, *args: Any, case: DelayCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [str(choice).lower() for choice in case.choices]
        self.fields["choice"].choices = [(code, WORDS[Choice.Answer(code)]) for code in offered]  # type: ignore[attr-defined]
        if Choice.Answer.SWITCH in offered:
            skus = Sku.objects.filter(offered_for__sku=case.order_line.sku_id).order_by("offered_for__rank")
            self.fields["alternative"].queryset = skus  # type: ignore[attr-defined]
        else:
            del self.fields["alternative"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("choice") == Choice.Answer.SWITCH and not data.get("alternative"):
            self.add_error("alternative", "Say which article the customer takes instead.")
        return data


class AnswerCase(Button[OrderLine]):
    """Record the answer to the open delay case of a line."""

    slug = "answer"
    label = "Record the answer"
    says = (
        "Records what the customer told you by phone or chat, and acts on it at once, as if they had "
        "answered the mail."
    )
    icon = "call"
    tone = "go"
    permission = "backorders.record_choice"
    form = AnswerForm

    def case(self) -> DelayCase | None:
        """The question that is open."""
        return self.row.delay_cases.filter(closed_at=None).first()

    def is_offered(self) -> bool:
        return self.case() is not None

    def form_kwargs(self) -> dict[str, Any]:
        return {"case": self._open_case()}

    def press(self, data: dict[str, Any]) -> Done:
        case = self._open_case()
        alternative = data.get("alternative")
        choosing.record_choice(
            case_id=case.pk,
            choice=data["choice"],
            alternative_id=alternative.pk if alternative else None,
            actor=self.actor,
        )
        return Done(
            f"Recorded: {WORDS[Choice.Answer(data['choice'])].lower()}.", shown.page_of(case.order_line)
        )

    def _open_case(self) -> DelayCase:
        case = self.case()
        if case is None:
            raise choosing.CaseClosed("No question is open on this line.")
        return case


class AnswerThisCase(AnswerCase):
    """The same from the page of the case."""

    def __init__(self, request: HttpRequest, row: DelayCase) -> None:
        super().__init__(request, row.order_line)
        self.asked = row

    def case(self) -> DelayCase | None:
        return self.asked if self.asked.closed_at is None else None


class CorrectThisCause(CorrectCause):
    """The same from the page of the backorder."""

    def __init__(self, request: HttpRequest, row: Backorder) -> None:
        super().__init__(request, row.order_line)
        self.backorder = row

    def is_offered(self) -> bool:
        return True

    def initial(self) -> dict[str, Any]:
        return {"cause": self.backorder.cause}
