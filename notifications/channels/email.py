"""E-mail through Django's backend of the settings: SMTP, a provider by anymail, or our own mailbox."""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.channels.failures import NoAddress
from notifications.models import Message
from notifications.rendering import Rendered


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


def _headers(message: Message, message_id: str) -> dict[str, str]:
    return {
        "Message-ID": message_id,
        "Content-Language": message.locale,
        # Keeps absence notes from answering.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
