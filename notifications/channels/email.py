"""E-mail through Django's backend of the settings: SMTP, a provider by anymail, or our own mailbox."""

import smtplib
from email.utils import parseaddr

from anymail.exceptions import AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.models import Message
from notifications.rendering import Rendered

REFUSED_FOR_GOOD = 500
_AWAY = (ConnectionError, TimeoutError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError)


class NoAddress(Exception):
    """Nobody can be written to without an address."""


class Email:
    """One connection, kept open from mail to mail and opened anew after a failure."""

    def __init__(self) -> None:
        self._connection = get_connection()
        self._is_open = False

    def send(self, message: Message, rendered: Rendered, *, message_id: str) -> str:
        """Send to the one recipient; gives the provider's id, or ours where the provider has none."""
        if not message.recipient:
            raise NoAddress("there is no e-mail address")
        mail = EmailMultiAlternatives(
            subject=rendered.subject,
            body=rendered.text,
            to=[message.recipient],
            headers=_headers(message, message_id),
            connection=self._connection,
        )
        mail.attach_alternative(rendered.html, "text/html")
        try:
            if not self._is_open:
                self._connection.open()
                self._is_open = True
            mail.send()
        except Exception:
            self.close()
            raise
        status = getattr(mail, "anymail_status", None)
        return getattr(status, "message_id", None) or message_id

    def close(self) -> None:
        """Close the connection; the next mail opens one."""
        self._is_open = False
        self._connection.close()


def sender_domain() -> str:
    """The domain that our mails come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def is_final(error: Exception) -> bool:
    """Whether trying again cannot help: no such mailbox, no valid address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= REFUSED_FOR_GOOD for code, _ in error.recipients.values())
    return isinstance(error, NoAddress | AnymailInvalidAddress | AnymailRecipientsRefused)


def is_away(error: Exception) -> bool:
    """Whether the mail server itself could not be reached, so that other mails would fare no better."""
    return isinstance(error, _AWAY)


def _headers(message: Message, message_id: str) -> dict[str, str]:
    return {
        "Message-ID": message_id,
        "Content-Language": message.locale,
        # Keeps absence notes from answering.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
