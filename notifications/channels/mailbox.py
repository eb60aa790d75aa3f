"""The mail backend that keeps mail in the house, for everybody to see in the admin: the default."""

from collections.abc import Sequence
from email.utils import make_msgid

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from notifications.models import MailboxMail
from oms.kernel import clock


class EmailBackend(BaseEmailBackend):
    """Writes each mail as a row; a second mail with the same Message-ID changes nothing."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the mails and say how many were taken, as every backend does."""
        rows = [_row(mail, to) for mail in email_messages for to in mail.recipients()]
        MailboxMail.objects.bulk_create(rows, ignore_conflicts=True)
        return len(email_messages)


def _row(mail: EmailMessage, to: str) -> MailboxMail:
    html = mail.alternatives[0][0] if isinstance(mail, EmailMultiAlternatives) and mail.alternatives else ""
    return MailboxMail(
        message_id=mail.extra_headers.get("Message-ID") or make_msgid(),
        to=to,
        sender=mail.from_email,
        subject=str(mail.subject),
        text=str(mail.body),
        html=str(html),
        at=clock.now(),
    )
