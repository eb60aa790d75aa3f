"""Secrets of others (a provider's key) as they lie in the database: encrypted under our own secret."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from oms.kernel.errors import InvalidValue


def seal(secret: str) -> str:
    """The secret as it may be stored; nothing stays nothing."""
    return _boxes().encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str) -> str:
    """The secret itself; raises InvalidValue if it was sealed under a `SECRET_KEY` we no longer have."""
    if not sealed:
        return ""
    try:
        return _boxes().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise InvalidValue("This secret was stored under another SECRET_KEY; enter it again.") from None


def _boxes() -> MultiFernet:
    # The first one seals; the fall-backs open what was sealed before the key was changed.
    return MultiFernet([_box(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _box(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"oms.sealing:" + key.encode()).digest()))
