"""Which law of delay an order stands under: the strictest of the rows of its country, state and buyer."""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any

import holidays

from backorders import rulebook
from backorders.models import DelayPolicy
from backorders.rules import law
from backorders.rules.delays import Silence
from backorders.rules.law import Terms
from oms.kernel.zones import local_day, zone_of
from oms.orders.models import Order

_Key = tuple[str, str, int, bool, date]


class Law:
    """The rows in force, read once; `terms_of` finds the strictest of them for an order."""

    def __init__(self) -> None:
        self.rows = rulebook.current().law
        self._known: dict[_Key, Terms | None] = {}

    def terms_of(self, order: Order) -> Terms | None:
        """By the law of the day it was placed; none where no row speaks. Needs its customer at hand."""
        if not self.rows:
            return None
        on = local_day(order.placed_at, zone_of_order(order))
        key = (order.country, order.state_code, order.channel_id, order.customer.is_consumer, on)
        if key not in self._known:
            self._known[key] = self._terms(*key)
        return self._known[key]

    def _terms(self, country: str, state: str, channel_id: int, is_consumer: bool, on: date) -> Terms | None:
        countries = law.countries_of(country)
        return law.strictest(
            law.applying(
                self.rows,
                countries=countries,
                state=state,
                channel_id=channel_id,
                is_consumer=is_consumer,
                on=on,
            )
        )


def withdrawal_days(order: Order) -> int | None:
    """Days in which the law lets this customer withdraw after the last delivery; none without a right."""
    terms = Law().terms_of(order)
    return (terms.withdrawal_days or None) if terms else None


def zone_of_order(order: Order) -> str:
    """Where the days of its customer end."""
    return zone_of(order.country, order.state_code)


def holidays_of(country: str, on: date) -> Collection[date]:
    """Public holidays around a day, those the law skips; of the US the federal ones."""
    return _holidays(country, on.year)


def holidays_from(country: str, on: date) -> Collection[date]:
    """Public holidays from a day on, for periods that may last more than a year."""
    return _holidays(country, on.year) | _holidays(country, on.year + 1)


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=[year, year + 1]))
    except NotImplementedError:
        return frozenset()


def silence_words(policy: DelayPolicy) -> dict[str, str]:
    """What a row takes no answer for: to a first short notice, and to any other."""
    if not policy.is_lapsing:
        return {"first_short": Silence.NOTHING.value, "otherwise": Silence.NOTHING.value}
    wins_time = policy.consent_days is not None
    return {
        "first_short": Silence.WAIT.value if wins_time else Silence.CANCEL.value,
        "otherwise": Silence.CANCEL.value,
    }


def terms_words(terms: Terms | None) -> dict[str, Any] | None:
    """The terms in short, as an answer or a record carries them."""
    if terms is None:
        return None
    return {
        "clock": terms.clock.value,
        "default_days": terms.default_days,
        "lapses": terms.lapses,
        "consent_days": terms.consent_days,
        "withdrawal_days": terms.withdrawal_days,
        "fee_forbidden": terms.fee_forbidden,
        "refund": [f"{rule.days} {rule.count.value} days" for rule in terms.refunds],
        "sources": list(terms.sources),
    }
