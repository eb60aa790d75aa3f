"""What customers were told, and the button that tells again what failed."""

import json
from typing import Any

from django.contrib import admin
from django.contrib import messages as notes
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter

from notifications import delivery
from notifications.models import Attempt, Message
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done, actor_of
from oms.kernel.admin.filters import Choice
from oms.kernel.admin.forms import AskForm
from oms.kernel.errors import DomainError
from oms.orders.models import Order

PERMISSION = "notifications.resend_message"


class SendAgain(Button[Message]):
    """Try a failed message once more."""

    slug = "send-again"
    label = "Send again"
    says = (
        "Tries once more to tell this recipient. Only failed messages are sent again, so nobody is "
        "told twice."
    )
    icon = "forward_to_inbox"
    tone = "go"
    permission = PERMISSION
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == Message.State.FAILED

    def press(self, data: dict[str, Any]) -> Done:
        message = delivery.send_again(message_id=self.row.pk, actor=self.actor)
        return Done(f"{message} is sent again.")


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
    when_empty = "Nobody was told anything yet."
    page = "workplace/message.html"
    buttons = (SendAgain,)
    actions = ("send_all_again",)
    list_display = ("kind_words", "recipient", "subject_ref", "state_chip", "created", "sent", "subject")
    list_filter = (StateFilter, "kind", "channel", ("created_at", RangeDateTimeFilter))
    search_fields = ("=subject_ref",)

    @admin.display(description="Kind")
    def kind_words(self, row: Message) -> str:
        return shown.spelt(row.kind)

    @admin.display(description="State")
    def state_chip(self, row: Message) -> str:
        return shown.state(row.state)

    @admin.display(description="Written")
    def created(self, row: Message) -> str:
        return shown.instant(row.created_at)

    @admin.display(description="Sent")
    def sent(self, row: Message) -> str:
        return shown.instant(row.sent_at)

    @admin.action(description="Send again what failed", permissions=["resend"])
    def send_all_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        done = 0
        for pk in queryset.filter(state=Message.State.FAILED).values_list("pk", flat=True):
            try:
                delivery.send_again(message_id=pk, actor=actor_of(request))
                done += 1
            except DomainError as refusal:
                notes.warning(request, refusal.message)
        notes.success(request, f"{shown.count(done, 'message')} will be sent again.")

    def has_resend_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this person may send again; what Django asks for the bulk action."""
        return request.user.has_perm(PERMISSION)

    def page_context(self, request: HttpRequest, row: Message) -> dict[str, Any]:
        return {
            "state": self.state_chip(row),
            "attempts": list(row.attempts.order_by("-id")[:30]),
            "order": Order.objects.filter(number=row.subject_ref).first() if row.subject_ref else None,
            "facts": json.dumps(row.context, indent=2, ensure_ascii=False, default=str),
        }


@admin.register(Attempt)
class AttemptAdmin(FactAdmin):
    """Tries at telling."""

    about = "Every try at telling somebody, and what went wrong."
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
