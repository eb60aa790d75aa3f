"""Steps of an explanation in words: for staff in full, for customers in fewer words, in four languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from backorders.rules.explaining import Step
from backorders.rules.sentences import Language, speaking


class Audience(StrEnum):
    """Who reads: staff see rules, caps and order numbers; customers what they can make use of."""

    STAFF = "staff"
    CUSTOMER = "customer"


def sentences(steps: Iterable[Step], *, locale: str = "en", audience: Audience = Audience.STAFF) -> list[str]:
    """The steps as sentences, in the language of a locale or English; what says nothing is left out."""
    language = speaking(locale)
    phrases = language.staff if audience is Audience.STAFF else language.customer
    said = [_say(step, phrases, language) for step in steps]
    return list(dict.fromkeys(words for words in said if words))


def day(on: date, locale: str = "en") -> str:
    """A day as the sentences write it."""
    return _day(speaking(locale), on)


def _say(step: Step, phrases: Mapping[str, str], language: Language) -> str:
    if phrases is language.customer and not _means_something(step):
        return ""
    phrase = phrases.get(step.phrase)
    if phrase is None:
        return ""
    keyed = phrases.get(f"{step.phrase}.{step.facts.get('kind')}", phrase)
    return keyed.format_map(_Said(step.facts, language))


def _means_something(step: Step) -> bool:
    """Nothing takes a customer no days."""
    return step.facts.get("days") != 0 and step.facts.get("buffer_days") != 0


class _Said(dict[str, str]):
    """The facts of a step as words; what is not known reads as a dash."""

    def __init__(self, facts: Mapping[str, Any], language: Language) -> None:
        super().__init__()
        self._facts = facts
        self._language = language

    def __missing__(self, name: str) -> str:
        value = self._facts.get(name)
        if value is None:
            return "–"
        write = _WRITTEN.get(name)
        return write(self._language, value) if write else str(value)


def _iso_day(language: Language, raw: Any) -> str:
    return _written(language.day, language.weekdays, language.months, date.fromisoformat(str(raw)))


def _day(language: Language, on: date) -> str:
    return _written(language.day, language.weekdays, language.months, on)


@lru_cache(maxsize=4096)
def _written(form: str, weekdays: str, months: str, on: date) -> str:
    weekday, month = weekdays.split()[on.weekday()], months.split()[on.month - 1]
    return form.format(weekday=weekday, day=on.day, month=month, year=on.year)


def _holidays(language: Language, raw: Any) -> str:
    return _listed(language, [_iso_day(language, on) for on in raw])


def _listed(language: Language, raw: Any) -> str:
    names = [str(name) for name in raw]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {language.et} {names[-1]}"


def _named(kind: str) -> Callable[[Language, Any], str]:
    def write(language: Language, code: Any) -> str:
        return language.names.get(f"{kind}.{code}", str(code).replace("_", " "))

    return write


def _counted(noun: str) -> Callable[[Language, Any], str]:
    def write(language: Language, number: Any) -> str:
        one, many = language.nouns[noun]
        return f"{number} {one if abs(number) == 1 else many}"

    return write


def _share(language: Language, level: Any) -> str:
    return language.percent.format(f"{float(level) * 100:g}")


def _decimal(language: Language, number: Any) -> str:
    return f"{float(number):.2f}".replace(".", language.decimal_point)


_WRITTEN: Mapping[str, Callable[[Language, Any], str]] = {
    **dict.fromkeys(("on", "until", "counts_from", "delivered_on", "expected_on"), _iso_day),
    **dict.fromkeys(("days",), _counted("working_day")),
    **dict.fromkeys(("buffer_days", "late_by", "median_days"), _counted("day")),
    "units": _counted("unit"),
    "lines": _counted("line"),
    "samples": _counted("delivery"),
    "kind": _named("kind"),
    "group": _named("group"),
    "mode": _named("mode"),
    "reason": _named("reason"),
    "level": _share,
    "share": _share,
    "standing": _named("standing"),
    "cv": _decimal,
    "names": _listed,
    "holidays": _holidays,
}
