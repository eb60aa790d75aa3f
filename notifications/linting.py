"""What keeps a template from being saved: it does not render, or a legal notice that is none."""

import re
from collections.abc import Mapping
from typing import Any

from notifications import markup, sandbox
from notifications.kinds import KINDS, LEGAL
from notifications.rendering import Rendered, render_body
from notifications.samples import SAMPLES
from oms.kernel.language import language_of

LONGEST_BODY = 20_000
# Words that sell. A legal notice says what happened and what may be chosen, nothing else.
_SELLING = {
    "en": r"sales?|discount\w*|coupons?|vouchers?|promo\w*|newsletter|special offer|shop now|\d+ ?% off",
    "de": r"rabatt\w*|gutschein\w*|(sonder)?angebote?|jetzt kaufen|aktionspreis\w*|\d+ ?% günstiger",
    "fr": r"soldes?|remises?|promo\w*|newsletter|bons? d[’']achat|offre spéciale|achetez|\d+ ?% de remise",
    "es": r"rebajas?|descuentos?|promo\w*|newsletter|cup[oó]n\w*|ofertas?|compre|\d+ ?% de descuento",
}
_CHOICES = {
    "wait": {"en": "wait", "de": "wart", "fr": "attend", "es": "esper"},
    "switch": {"en": "switch", "de": "wechsel|tausch", "fr": "échang", "es": "cambi"},
    "ship_ready": {"en": "ship|send", "de": "send", "fr": "envoy|expédi", "es": "envi|enví"},
    "cancel": {"en": "cancel", "de": "stornier", "fr": "annul", "es": "cancel"},
}
_AMOUNT = re.compile(r"99[.,]80")
_REFUND = {"en": "refund", "de": "erstatt|zurück", "fr": "rembours", "es": "reembols|devol"}


def faults(kind: str, language: str, body: str) -> list[str]:
    """Why a template may not be saved, in sentences; empty is good."""
    if kind not in KINDS:
        return [f"There is no message of kind {kind!r}."]
    if len(body) > LONGEST_BODY:
        return [f"A letter has at most {LONGEST_BODY:,} characters."]
    if found := sandbox.faults(kind, body):
        return found
    sample = SAMPLES[kind]
    try:
        letter = render_body(body, language, sample)
    except Exception as error:
        return [f"It cannot be rendered: {error}"]
    return _legal_faults(kind, language, body, letter) if kind in LEGAL else []


def _legal_faults(kind: str, language: str, body: str, letter: Rendered) -> list[str]:
    found = []
    words = f"{letter.subject}\n{letter.text}"
    if hit := _hit(_SELLING[language_of(language)], words):
        found.append(f"A legal notice sells nothing: leave out “{hit[0]}”.")
    if _foreign_links(body, letter):
        found.append("A legal notice leads nowhere but to the customer's own page.")
    if kind == "delay_notice":
        return found + _notice_faults(language, body)
    if kind == "cancelled" and not _AMOUNT.search(words):
        found.append("It must say what is paid back: use {{ refund|money }}.")
    return found


def _hit(pattern: str, words: str) -> re.Match[str] | None:
    return re.search(rf"(?<!\w)({pattern})(?!\w)", words, re.IGNORECASE)


def _foreign_links(body: str, letter: Rendered) -> bool:
    buttons = [block.address for block in markup.read(letter.source).blocks if block.kind == "button"]
    own = {SAMPLES["delay_notice"]["link"], ""}
    return any(address not in own for address in buttons) or bool(re.search(r"https?://", body))


def _notice_faults(language: str, body: str) -> list[str]:
    """Choices, deadline and what silence means must be there whatever the facts are."""
    found = []
    for choice, words in _CHOICES.items():
        said = _said(body, language, choices=sorted({choice, "cancel"}))
        if not re.search(words[language_of(language)], said, re.IGNORECASE):
            found.append(f"The choice “{choice.replace('_', ' ')}” is missing where the customer has it.")
    if not re.search(_REFUND[language_of(language)], _said(body, language), re.IGNORECASE):
        found.append("It must say that cancelling brings a full refund.")
    keep, end = _said(body, language, silence="wait"), _said(body, language, silence="cancel")
    if keep == end:
        found.append("It must say what silence means: use {{ silence }}.")
    other = _said(body, language, answer_by={"at": "2027-07-19T08:00:00+00:00", "zone": "Europe/Berlin"})
    if other == keep or "2027" not in other:
        found.append("It must say by when to answer: use {{ answer_by|moment }}.")
    if SAMPLES["delay_notice"]["link"] not in _said(body, language):
        found.append("It must lead to the page where the customer chooses: use {{ link }}.")
    return found


def _said(body: str, language: str, **facts: Any) -> str:
    sample: Mapping[str, Any] = {**SAMPLES["delay_notice"], **facts}
    return render_body(body, language, sample).text
