"""The mailbox: mail that stayed in the house, read as its recipient would."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import MailboxMail
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin


@admin.register(MailboxMail)
class MailboxMailAdmin(FactAdmin):
    """Mail, newest first."""

    about = "Mail kept here instead of leaving the house, until EMAIL_URL names a mail server."
    about_page = "A mail as its reader would have seen it."
    when_empty = (
        "No mail yet: it comes with the first order, or it leaves the house because EMAIL_URL is set."
    )
    page = "workplace/mail.html"
    list_display = ("subject", "to", "at_words")
    search_fields = ("to", "subject")

    @admin.display(description="When")
    def at_words(self, row: MailboxMail) -> str:
        return shown.instant(row.at)

    def page_context(self, request: HttpRequest, row: MailboxMail) -> dict[str, Any]:
        return {"at": self.at_words(row)}
