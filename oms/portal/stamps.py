"""Proof that an answer was sent from our own page: signed for one link, good for a day, without a cookie.

Django's check cannot serve here: the page sends no referrer, so browsers send `Origin: null` with its form,
which that check must refuse. The link itself is a secret that no other site knows, and neither is the stamp.
"""

from datetime import timedelta

from django.core import signing

GOOD_FOR = timedelta(days=1)
_signer = signing.TimestampSigner(salt="oms.portal.answer")


def stamp(token: str) -> str:
    """A stamp for the form behind this link."""
    return _signer.sign(token).removeprefix(token)


def is_good(token: str, given: str) -> bool:
    """Whether this stamp was made by us, for this link, lately."""
    try:
        _signer.unsign(token + given, max_age=GOOD_FOR)
    except signing.BadSignature:
        return False
    return True
