"""What customers were told, and the button that tells again what failed."""

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from unfold.contrib.filters.admin import RangeDateTimeFilter

from backorders import asking
from notifications import delivery
from notifications.admin.otherwise import ToldByHand, WriteLetter, letter_page
from notifications.models import Attempt, Message
from notifications.next_steps import next_step
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.filters import Choice
from oms.kernel.admin.forms import AskForm
from oms.orders.models import Order

PERMISSION = "notifications.resend_message"
# Within this a message left when it was written.
AT_ONCE = timedelta(minutes=2)


class AgainForm(AskForm):
    """Where to."""

    recipient = forms.EmailField(
        label="To", required=False, help_text="Mend the address here; it is kept for this message only."
    )


class SendAgain(Button[Message]):
    """Try a failed message once more."""

    slug = "send-again"
    label = "Send again"
    says = (
        "Tries once more to tell this recipient. Only messages that failed or bounced are sent again, so "
        "nobody is told twice."
    )
    icon = "forward_to_inbox"
    tone = "go"
    permission = PERMISSION
    form = AgainForm

    def is_offered(self) -> bool:
        return self.row.state in (Message.State.FAILED, Message.State.BOUNCED)

    def initial(self) -> dict[str, Any]:
        """The customer's address of today: perhaps it was mended since."""
        order = Order.objects.filter(number=self.row.subject_ref).select_related("customer").first()
        return {"recipient": (order and order.customer.email) or self.row.recipient}

    @transaction.atomic
    def press(self, data: dict[str, Any]) -> Done:
        message = delivery.send_again(
            message_id=self.row.pk, actor=self.actor, recipient=data.get("recipient") or ""
        )
        asking.renew_link(message)
        return Done(f"{message} is sent again.")


class SendAsItIs(Button[Message]):
    """Try a failed message once more, to where it went."""

    slug = "send_all_again"
    label = "Send again what failed"
    says, icon, tone, permission = SendAgain.says, SendAgain.icon, SendAgain.tone, SendAgain.permission
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == Message.State.FAILED

    def press(self, data: dict[str, Any]) -> Done:
        return SendAgain(self.request, self.row).press({})


class StateFilter(Choice):
    """Messages by what became of them."""

    title = "state"
    parameter_name = "state"
    options = {
        "unreached": ("failed or bounced", {"state__in": (Message.State.FAILED, Message.State.BOUNCED)}),
        "waiting": ("not sent yet", {"state__in": (Message.State.QUEUED, Message.State.SENDING)}),
        "sent": ("sent", {"state": Message.State.SENT}),
    }


@admin.register(Message)
class MessageAdmin(FactAdmin):
    """Messages, newest first."""

    about = "What customers were told, each message once. Open one to read it as it was sent."
    about_page = "What one customer was told, as it was sent, and every try at telling it."
    when_empty = "Nobody was told anything yet."
    page = "workplace/message.html"
    buttons = (SendAgain, ToldByHand, WriteLetter)
    bulk = (SendAsItIs,)
    list_display = (
        "kind_words",
        "recipient",
        "subject_words",
        "state_chip",
        "created",
        "what_next",
    )
    list_leaves_out = ("html", "text")
    list_filter = (StateFilter, "kind", "channel", ("created_at", RangeDateTimeFilter))
    search_fields = ("=subject_ref",)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        page = self.admin_site.admin_view(self.letter_view)
        own = path("<int:object_id>/letter/", page, name="notifications_message_letter")
        return [own, *super().get_urls()]

    def letter_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The message on paper."""
        return letter_page(request, Message.objects.filter(pk=object_id).first())

    @admin.display(description="Kind")
    def kind_words(self, row: Message) -> str:
        return shown.spelt(row.kind)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        last = Attempt.objects.filter(message=OuterRef("pk"), is_accepted=False).order_by("-id")
        rows: QuerySet[Message] = super().get_queryset(request)
        reached = Message.objects.filter(instead_of=OuterRef("pk"), state=Message.State.SENT).order_by("-id")
        return rows.annotate(
            why=Subquery(last.values("error")[:1]), told_to=Subquery(reached.values("recipient")[:1])
        )

    @admin.display(description="What next")
    def what_next(self, row: Message) -> str:
        """Why it reached nobody, and what to do."""
        why = getattr(row, "why", "") or ""
        step = next_step(row, why, getattr(row, "told_to", "") or "")
        return shown.lines((shown.muted(why[:120]), step)) if step else shown.NOTHING

    @admin.display(description="State")
    def state_chip(self, row: Message) -> str:
        return shown.state(row.state)

    @admin.display(description="Subject")
    def subject_words(self, row: Message) -> str:
        """What it is headed, or what it is about where nothing was written yet."""
        return row.subject or row.subject_ref

    @admin.display(description="Written")
    def created(self, row: Message) -> str:
        """When it was written, and when it left if that was not at once."""
        at_once = row.sent_at is None or row.sent_at - row.created_at < AT_ONCE
        written = shown.instant(row.created_at)
        return (
            written if at_once else shown.lines((written, shown.muted(f"left {shown.instant(row.sent_at)}")))
        )

    def page_context(self, request: HttpRequest, row: Message) -> dict[str, Any]:
        first = row.instead_of or row
        family = Message.objects.filter(Q(pk=first.pk) | Q(instead_of=first)).exclude(pk=row.pk)
        return {
            "otherwise": list(family.order_by("pk")),
            "state": self.state_chip(row),
            "next": next_step(row, getattr(row, "why", "") or "", getattr(row, "told_to", "") or ""),
            "attempts": list(row.attempts.order_by("-id")[:30]),
            "order": Order.objects.filter(number=row.subject_ref).first() if row.subject_ref else None,
            "facts": json.dumps(row.context, indent=2, ensure_ascii=False, default=str),
        }


@admin.register(Attempt)
class AttemptAdmin(FactAdmin):
    """Tries at telling."""

    about = "Every try at telling somebody, and what went wrong."
    about_page = "One try at telling somebody, and what went wrong."
    when_empty = "Nothing was sent yet."
    to_begin = (("Messages", "admin:notifications_message_changelist"),)
    list_display = ("at_words", "message", "is_accepted", "error_words")
    list_filter = ("is_accepted",)
    list_select_related = ("message",)
    search_fields = ("=message__subject_ref",)
    ordering = ("-id",)

    @admin.display(description="When")
    def at_words(self, row: Attempt) -> str:
        return shown.instant(row.at)

    @admin.display(description="What went wrong")
    def error_words(self, row: Attempt) -> str:
        return row.error[:160] or shown.NOTHING
