"""What went wrong on a way out, and whether trying again can help."""

import smtplib

from anymail.exceptions import AnymailInvalidAddress, AnymailRecipientsRefused

REFUSED_FOR_GOOD = 500
_AWAY = (ConnectionError, TimeoutError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError)


class NoAddress(Exception):
    """Nobody can be written to without an address."""


class Refused(Exception):
    """The way out will never take this message."""


def is_final(error: Exception) -> bool:
    """Whether trying again cannot help: no such mailbox, no valid address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= REFUSED_FOR_GOOD for code, _ in error.recipients.values())
    return isinstance(error, NoAddress | Refused | AnymailInvalidAddress | AnymailRecipientsRefused)


def is_away(error: Exception) -> bool:
    """Whether the mail server itself could not be reached, so that other mails would fare no better."""
    return isinstance(error, _AWAY)
