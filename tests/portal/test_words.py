"""The page's words: the same ones in every language, with the same values to fill in."""

from string import Formatter

import pytest

from oms.portal.words import WORDS, say


def _values(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_every_language_says_all_and_fills_in_the_same(language: str) -> None:
    english = {key: _values(words) for key, words in WORDS["en"].items()}

    assert {key: _values(words) for key, words in WORDS[language].items()} == english


def test_no_words_are_left_in_english() -> None:
    for language in ("de", "fr", "es"):
        assert [key for key, words in WORDS[language].items() if words == WORDS["en"][key]] == []


def test_a_title_with_braces_is_said_as_it_is() -> None:
    assert say("en", "switch", article="{price}") == "Switch to {price}"
