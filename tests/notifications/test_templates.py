"""Words of the shop's own: which speak, what they may use, and what a legal notice must hold."""

from typing import Any

import pytest

from notifications import linting, sandbox, wording
from notifications.kinds import KINDS
from notifications.models import LetterTemplate
from notifications.rendering import LETTERS, render, render_body
from notifications.samples import SAMPLES

LANGUAGES = ("en", "de", "fr", "es")
PLAIN = "Subject: {{ order }} is gone\n\n# Gone\nYour order {{ order }} left us."


def shipped(kind: str, language: str = "en") -> str:
    return (LETTERS / kind / f"{language}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_letter_could_be_saved_as_a_template(kind: str, language: str) -> None:
    assert linting.faults(kind, language, shipped(kind, language)) == []
    own = render_body(shipped(kind, language), language, SAMPLES[kind])
    assert own.text == render(kind, language, SAMPLES[kind]).text


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{% include 'frame.html' %}", "The tag 'include' is not for letters."),
        ("{% load static %}", "The tag 'load' is not for letters."),
        ("{% debug %}", "The tag 'debug' is not for letters."),
        ("{{ order|pprint }}", "The filter 'pprint' is not for letters."),
        ("{{ settings.SECRET_KEY }}", "'settings.SECRET_KEY' is no fact of this kind of message."),
        ("{{ lines.clear }}", "'lines.clear' is no fact of this kind of message."),
        ("{{ order.__class__ }}", "'order.__class__' is no fact of this kind of message."),
        ("{% if request.user %}x{% endif %}", "'request.user' is no fact of this kind of message."),
        ("{% for x in lines %}{{ x.pop }}{% endfor %}", "'x.pop' is no fact of this kind of message."),
        ("{% for k in order.items %}{% endfor %}", "'order.items' is no fact of this kind of message."),
    ],
)
def test_a_template_sees_the_facts_and_nothing_else(body: str, fault: str) -> None:
    assert fault in sandbox.faults("shipped", f"{PLAIN}\n{body}")
    assert fault in linting.faults("shipped", "en", f"{PLAIN}\n{body}")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("no subject", "cannot be rendered"),
        ("Subject: x\n\n{% if order %}open", "cannot be rendered"),
        ("Subject: x\n\n" + "y" * 20_001, "at most 20,000"),
    ],
)
def test_what_cannot_be_rendered_is_refused(body: str, words: str) -> None:
    assert words in linting.faults("shipped", "en", body)[0]


def _without(line_with: str, language: str = "en") -> str:
    return "\n".join(line for line in shipped("delay_notice", language).splitlines() if line_with not in line)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (_without('"cancel" in choices'), "The choice “cancel” is missing"),
        (_without('"switch" in choices').replace("switch", "x"), "The choice “switch” is missing"),
        (_without("If we do not hear"), "It must say what silence means"),
        (_without("If we do not hear"), "It must say by when to answer"),
        (_without("[Choose now]"), "It must lead to the page"),
        (shipped("delay_notice") + "\nOur SALE: 20 % off everything!", "sells nothing"),
        (shipped("delay_notice") + "\nTake 20% off.", "leave out “20% off”"),
        (shipped("delay_notice") + "\n[Shop](https://shop.example/new)", "nowhere but to the customer's own"),
    ],
)
def test_a_legal_notice_that_is_none_is_refused(body: str, fault: str) -> None:
    assert any(fault in found for found in linting.faults("delay_notice", "en", body))


def _template(**fields: Any) -> LetterTemplate:
    return LetterTemplate.objects.create(**{"kind": "mid_wait", "language": "en", "body": PLAIN, **fields})


@pytest.mark.django_db
def test_the_most_specific_words_speak() -> None:
    context = {**SAMPLES["mid_wait"], "mode": "preorder", "region": "EU"}
    assert wording.write("mid_wait", "en", context).subject.startswith("Order SO-1042: where it stands")

    _template(body=PLAIN.replace("is gone", "for all"))
    _template(region="EU", body=PLAIN.replace("is gone", "for the EU"))
    _template(region="US", mode="preorder", body=PLAIN.replace("is gone", "elsewhere"))
    assert wording.write("mid_wait", "en-GB", context).subject == "SO-1042 for the EU"
    _template(mode="preorder", body=PLAIN.replace("is gone", "for preorders"))
    assert wording.write("mid_wait", "en", context).subject == "SO-1042 for preorders"
    assert wording.write("mid_wait", "de", context).subject.startswith("Bestellung")


@pytest.mark.django_db
def test_words_that_fail_on_real_facts_give_way_to_the_shipped_ones() -> None:
    _template(kind="shipped", body="Subject: {{ name.missing|day }}\n\nx")

    assert "is on its way" in wording.write("shipped", "en", SAMPLES["shipped"]).subject


@pytest.mark.django_db
def test_each_save_is_a_version_that_history_keeps() -> None:
    row = _template()
    row.body = PLAIN.replace("left us", "is with the carrier")
    row.save()

    assert row.version == 2
    assert next((old.version, old.body) for old in row.history.order_by("version")) == (1, PLAIN)
