"""The letters: every kind in every language, honest for every mode of waiting."""

import re
from typing import Any

import pytest
from django.conf import settings

from notifications.kinds import KINDS
from notifications.rendering import LETTERS, Rendered, render
from tests.notifications.messages import (
    BASE,
    CHARGED,
    LINK,
    asked,
    confirmed,
    delayed,
    euros,
    promised,
    window,
)

LANGUAGES = [code for code, _ in settings.LANGUAGES]
CHAIR = {"line_no": 1, "qty": 2, "title": "Oak chair", "cause": "too_late"}
TABLE = {"line_no": 2, "qty": 1, "title": "Table", "ships": window("2026-04-28", "2026-05-04")}
CONTEXTS: dict[str, dict[str, Any]] = {
    "confirmation": confirmed(),
    "delay_notice": asked(),
    "shipped": {**BASE, "lines": [CHAIR], "carrier": "DHL", "tracking": "JJD1", "owed": [], "waited": True},
    "partly_shipped": {
        **BASE,
        "lines": [CHAIR],
        "carrier": "DHL",
        "tracking": "JJD1",
        "owed": [TABLE, {**TABLE, "ships": None}],
        "waited": False,
    },
    "cancelled": {
        **BASE,
        "lines": [CHAIR],
        "by_customer": False,
        "cause": "too_late",
        "refund": euros("1099.80"),
        "refund_by": "2026-03-09",
        "at": {"at": "2026-03-02T08:00:00+00:00", "zone": "Europe/Berlin"},
        "is_unpaid": False,
        "owed": [TABLE],
    },
    "ready_to_ship": {**BASE, "lines": [CHAIR]},
    "good_news": {
        **BASE,
        "lines": [
            {**CHAIR, "was": window("2026-03-30", "2026-04-02"), "now": window("2026-03-12", "2026-03-12")}
        ],
    },
    "payment_ends": {
        **BASE,
        "lines": [TABLE],
        "amount": euros("99.80"),
        "ends": {"at": "2026-03-09T08:00:00+00:00", "zone": "Europe/Berlin"},
    },
    "withdrawal": {
        **BASE,
        "stated_order": "SO-1042",
        "stated_by": "Anna Berg",
        "statement": 17,
        "is_whole": True,
        "is_first": True,
        "lines": [{**CHAIR, "became": "cancelled"}, {**TABLE, "became": "return"}],
        "did": ["cancelled", "return"],
        "at": {"at": "2026-03-02T08:00:00+00:00", "zone": "Europe/Berlin"},
        "refund_by": "2026-03-16",
    },
    "refund_sent": {**BASE, "lines": [CHAIR], "refund": euros("99.80")},
    "delay_reminder": {**asked(), "asked": {"at": "2026-03-02T08:00:00+00:00", "zone": "Europe/Berlin"}},
    "mid_wait": {
        **BASE,
        "lines": [
            {**CHAIR, "mode": "accidental", "ships": window("2026-03-12", "2026-03-17"), "delivers": None}
            | {"was": window("2026-03-02", "2026-03-04"), "cause": "supplier_late", "is_here": False}
        ],
        "mode": "accidental",
        "is_here": False,
        "has_moved": True,
    },
    "back_in_stock": {**BASE, "title": "Oak chair", "url": LINK},
    "waitlist_offer": {
        **BASE,
        "title": "Oak chair",
        "url": LINK,
        "until": {"at": "2026-03-09T08:00:00+00:00", "zone": "Europe/Berlin"},
    },
}
# Told to whoever asked for a SKU: about no order, to a name we do not know.
ABOUT_A_SKU = ("back_in_stock", "waitlist_offer")
SORRY = {"en": "sorry", "de": "leid", "fr": "désolés", "es": "Lo sentimos"}
INTENDED = ["preorder", "made_to_order", "limited_drop", "capital_light"]
LAUNCH = ("launch", "limited edition", "preorder", "made to order", "next batch")


def _everything(letter: Rendered) -> str:
    return " ".join(f"{letter.subject} {letter.text}".split())


def test_every_kind_is_written_in_every_language() -> None:
    written = {f"{path.parent.name}/{path.stem}" for path in LETTERS.glob("*/*.txt")}

    assert written == {f"{kind}/{language}" for kind in KINDS for language in LANGUAGES}
    assert set(CONTEXTS) == set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_is_whole_in_text_and_html(kind: str, language: str) -> None:
    letter = render(kind, language, CONTEXTS[kind])

    assert ("Oak chair" if kind in ABOUT_A_SKU else "SO-1042") in letter.subject
    assert kind in ABOUT_A_SKU or "Anna Berg" in letter.text
    assert "Nordlicht" in letter.html
    assert f'<html lang="{language}"' in letter.html
    for form in (letter.subject, letter.text, letter.html):
        assert "{{" not in form and "{%" not in form and "None" not in form
    assert "**" not in letter.text
    assert not re.search(r"(src|href)=\"(?!http://127\.0\.0\.1:8000/c/)", letter.html)


@pytest.mark.parametrize("kind", KINDS)
def test_no_language_is_a_copy_of_another(kind: str) -> None:
    assert len({render(kind, language, CONTEXTS[kind]).text for language in LANGUAGES}) == len(LANGUAGES)


def test_a_confirmation_says_state_window_charge_and_how_to_cancel() -> None:
    said = _everything(render("confirmation", "en", CONTEXTS["confirmation"]))

    for words in (
        "on backorder",
        "Ships: 12–17 March 2026",
        "Arrives: 16–19 March 2026",
        "Charged: €99.80, with your order",
        "You will hear from us before then",
        "Reply to this e-mail and we cancel it, at no cost",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("charge", "said"),
    [
        ({"policy": "at_ship", "now": euros("0.00"), "later": euros("59.00")}, "€59.00, only when it ships"),
        (
            {"policy": "deposit", "percent": 20, "now": euros("200.00"), "later": euros("800.00")},
            "€200.00 now (20 % deposit), €800.00 when it ships",
        ),
        ({"policy": "at_ship", "now": None, "later": None}, "Charged: only when it ships"),
        ({"policy": "at_order", "now": None, "later": None}, "Charged: with your order"),
        ({"disclosure": "Refunded in full until we ship."}, "Refunded in full until we ship."),
    ],
)
def test_a_confirmation_discloses_the_charge(charge: dict[str, Any], said: str) -> None:
    context = confirmed(promised(charge={**CHARGED, **charge}))

    assert said in _everything(render("confirmation", "en", context))


def test_goods_in_stock_are_not_spoken_of_as_waiting() -> None:
    line = promised(state="in_stock", now_qty=2, later_qty=0)

    said = _everything(render("confirmation", "en", confirmed(line, mode="", partly=True)))

    assert "Order SO-1042 confirmed Thank you" in said and "Everything is in stock" in said
    assert "backorder" not in said and "hear from us before" not in said


def test_a_split_line_says_how_many_wait() -> None:
    context = confirmed(promised(qty=10, now_qty=6, later_qty=4), partly=True)

    letter = render("confirmation", "en", context)

    assert letter.subject == "Order SO-1042 confirmed – part of it is on backorder"
    assert "6 in stock, 4 on backorder" in letter.text


@pytest.mark.parametrize("mode", INTENDED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_intended_wait_is_never_an_apology(mode: str, language: str) -> None:
    confirmation = confirmed(promised(mode=mode), mode=mode)

    for said in (
        _everything(render("delay_notice", language, asked(delayed(mode=mode)))),
        _everything(render("confirmation", language, confirmation)),
    ):
        assert SORRY[language] not in said
        assert "backorder" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_accidental_wait_is_apologised_for_and_never_a_launch(language: str) -> None:
    said = _everything(render("delay_notice", language, asked()))

    assert SORRY[language] in said
    for context in (("delay_notice", asked()), ("confirmation", confirmed())):
        words = _everything(render(context[0], "en", context[1])).lower()
        assert not [launch for launch in LAUNCH if launch in words]


def test_a_delay_notice_gives_date_cause_choices_silence_and_deadline() -> None:
    said = _everything(render("delay_notice", "en", asked()))

    for words in (
        "Ships now: 30 March – 2 April 2026",
        "Before: 12–17 March 2026",
        "Reason: our supplier is running late",
        "Wait: you keep your place in the queue",
        "Cancel: you get a full refund of €99.80, sent within 7 days.",
        "If we do not hear from you by 9 March 2026, 09:00 (CET), we take it that you wait for the new date.",
        LINK,
    ):
        assert words in said
    assert "Switch" not in said


def test_an_undated_notice_gives_the_reason() -> None:
    letter = render("delay_notice", "en", asked(delayed(now=None, cause="customs")))

    assert letter.subject == "Order SO-1042 is delayed – please choose"
    assert "New date: we cannot say one yet" in letter.text
    assert "Reason: the goods are waiting in customs" in letter.text


def test_a_notice_names_the_alternatives_and_their_price() -> None:
    other = {"title": "Beech chair", "price": euros("39.90")}
    context = asked(delayed(alternatives=[other]), choices=["cancel", "switch", "wait"])

    said = _everything(render("delay_notice", "en", context))

    assert "Or instead: Beech chair (€39.90)" in said
    assert "Switch to an article named above" in said and "never at a higher price" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"silence": "cancel"}, "by 9 March 2026, 09:00 (CET), we cancel it and refund you in full."),
        ({"silence": None}, "No answer: we keep it for you"),
        ({"is_unpaid": True}, "Cancel: you have not been charged, and you will not be."),
        ({"refund": None}, "Cancel: you get a full refund, sent within 7 days."),
        ({"link": ""}, "Reply to this e-mail with your choice"),
    ],
)
def test_a_notice_says_what_each_case_means(more: dict[str, Any], said: str) -> None:
    assert said in _everything(render("delay_notice", "en", asked(**more)))


def test_partly_shipped_lists_what_is_still_owed() -> None:
    text = render("partly_shipped", "en", CONTEXTS["partly_shipped"]).text

    shipped, owed = text.split("Still to come")
    assert "2 × Oak chair" in shipped and "Tracking number: JJD1" in shipped
    assert "1 × Table\n  Ships: 28 April – 4 May 2026" in owed
    assert "Ships: we cannot give a day yet" in owed


def test_a_cancellation_says_what_comes_back_by_when() -> None:
    said = _everything(render("cancelled", "de", CONTEXTS["cancelled"]))

    assert "Wir senden Ihnen 1.099,80 € bis 9. März 2026" in said
    assert "Storniert am 2. März 2026, 09:00 (CET)" in said
    assert "Der Grund: wir konnten nicht rechtzeitig liefern." in said


def test_markup_in_a_name_stays_plain() -> None:
    letter = render("refund_sent", "en", {**CONTEXTS["refund_sent"], "name": "<b>Eve</b>\n# Win!"})

    assert "&lt;b&gt;Eve&lt;/b&gt; # Win!" in letter.html
    assert "<b>" not in letter.html


def test_an_unknown_locale_is_written_to_in_english() -> None:
    assert "Thank you for your order" in render("confirmation", "pt-BR", confirmed()).text
