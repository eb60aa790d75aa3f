"""What a person does when no mail arrives: a letter to print, and the record that it was told."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from backorders import asking
from notifications import delivery, markup, wording
from notifications.models import Message
from oms.kernel import clock, language
from oms.kernel.admin.buttons import NOT_KEPT, Button, Done
from oms.kernel.admin.forms import NOTE_LENGTH, AskForm
from oms.kernel.errors import Conflict

UNREACHED = (Message.State.FAILED, Message.State.BOUNCED)
PERMISSION = "notifications.resend_message"
WAYS = (("telephone", "by telephone"), ("letter", "by letter"), ("hand", "in person"))


class WriteLetter(Button[Message]):
    """The same words on paper."""

    slug = "letter"
    label = "Letter to print"
    says = (
        "Makes a letter of it to print and post, with a fresh link to the customer's page. It does not count "
        "as told before you say so with “Told by hand”."
    )
    icon = "print"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state in UNREACHED

    @transaction.atomic
    def press(self, data: dict[str, Any]) -> Done:
        if not self.is_offered():
            raise Conflict("Only what reached nobody is written on paper.", field="state")
        asking.renew_link(self.row)
        page = reverse("admin:notifications_message_letter", args=[self.row.pk])
        return Done("The letter is ready to print.", look_at=page)


class HandForm(AskForm):
    """How it was told."""

    how = forms.ChoiceField(label="How", choices=WAYS)
    note = forms.CharField(
        label="Note", required=False, max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )


class ToldByHand(Button[Message]):
    """Somebody called or wrote."""

    slug = "told-by-hand"
    label = "Told by hand"
    says = (
        "Records that you told it yourself: it counts as told from this moment, and leaves the list of tasks."
    )
    icon = "call"
    tone = "go"
    permission = PERMISSION
    form = HandForm

    def is_offered(self) -> bool:
        return self.row.state in UNREACHED

    def press(self, data: dict[str, Any]) -> Done:
        delivery.told_by_hand(
            message_id=self.row.pk, how=data["how"], note=data.get("note") or "", actor=self.actor
        )
        return Done("Recorded: the customer was told.")


def letter_page(request: HttpRequest, row: Message | None) -> HttpResponse:
    """The letter on paper: no furniture, addresses of links in full."""
    if row is None:
        raise Http404
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    rendered = wording.write(row.kind, row.locale, row.context)
    context = {
        "row": row,
        "subject": rendered.subject,
        "blocks": [_on_paper(block) for block in markup.read(rendered.source).blocks],
        "shop": row.context.get("shop") or "",
        "name": row.context.get("name") or "",
        "on": language.day(clock.now().date(), language.language_of(row.locale)),
    }
    return TemplateResponse(request, "workplace/paper.html", context, headers=NOT_KEPT)


def _on_paper(block: markup.Block) -> dict[str, Any]:
    """A piece of the letter with its bold words, escaped."""
    return {
        "kind": block.kind,
        "words": markup.inline(block.words),
        "address": block.address,
        "rows": [(markup.inline(label), markup.inline(value)) for label, value in block.rows],
    }
