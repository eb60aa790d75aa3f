"""Which words of the shop's own speak for a message, kept in memory until somebody changes them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from notifications import rendering
from notifications.models import LetterTemplate
from notifications.rendering import Rendered
from oms.kernel import language
from oms.kernel.revisions import Kept

logger = logging.getLogger(__name__)


def write(kind: str, locale: str, context: Mapping[str, Any]) -> Rendered:
    """The letter as it leaves the house: in words of the shop's own, else as shipped.

    Should its own words fail on these facts, the shipped ones go out: better plain than untold.
    """
    own = own_words(kind, language.language_of(locale), context)
    if own is not None:
        try:
            return rendering.render_body(own, locale, context)
        except Exception:
            logger.exception("own words for %s in %s failed; sent as shipped", kind, locale)
    return rendering.render(kind, locale, context)


def own_words(kind: str, spoken: str, context: Mapping[str, Any]) -> str | None:
    """The body of the most specific template: mode before region before neither; none where none speaks."""
    # A test is of one letter, whether it speaks already or not.
    if asked := context.get("template"):
        return LetterTemplate.objects.filter(pk=asked, kind=kind).values_list("body", flat=True).first()
    mode, region = _mode_of(context), context.get("region") or ""
    fitting = [
        row
        for row in _kept.get()
        if (row.kind, row.language) == (kind, spoken)
        and row.mode in ("", mode)
        and row.region in ("", region)
    ]
    best = max(fitting, key=lambda row: (bool(row.mode), bool(row.region)), default=None)
    return best.body if best else None


def _mode_of(context: Mapping[str, Any]) -> str:
    """The one mode a message is about; empty where it is about several, or none."""
    if groups := context.get("groups"):
        modes = {group.get("mode", "") for group in groups}
        return str(modes.pop()) if len(modes) == 1 else ""
    return str(context.get("mode") or "")


def _read() -> Sequence[LetterTemplate]:
    return list(LetterTemplate.objects.filter(is_active=True).order_by("pk"))


_kept: Kept[Sequence[LetterTemplate]] = Kept(_read)
