"""The words of the customer's page, one file per language; every language has every one of them."""

from collections.abc import Mapping

from oms.portal.words import de, en, es, fr

WORDS: Mapping[str, Mapping[str, str]] = {"en": en.WORDS, "de": de.WORDS, "fr": fr.WORDS, "es": es.WORDS}


def say(language: str, key: str, **values: object) -> str:
    """The words for `key` with its values filled in; KeyError for words we do not have."""
    return WORDS[language][key].format(**values)
