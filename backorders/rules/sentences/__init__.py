"""The phrases of explanations, one file per language; every language has every one of them."""

from collections.abc import Mapping

from backorders.rules.sentences import de, en, es, fr
from backorders.rules.sentences.language import Language as Language
from backorders.rules.wording import language_of

LANGUAGES: Mapping[str, Language] = {
    "en": en.LANGUAGE,
    "de": de.LANGUAGE,
    "fr": fr.LANGUAGE,
    "es": es.LANGUAGE,
}


def speaking(locale: str) -> Language:
    """The language of a locale such as `de` or `de-AT`; English where we have none."""
    return LANGUAGES[language_of(locale)]
