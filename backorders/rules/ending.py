"""What a customer may do about a missed delivery where nothing ends by itself: set a period, then end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backorders.rules.law import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a customer may do about a missed delivery where nothing ends by itself."""

    is_missed: bool
    may_set_period: bool
    may_end: bool
    may_end_late_part: bool


def ending(
    terms: Terms,
    *,
    limit: date,
    today: date,
    delivered_on: date | None = None,
    extra_until: date | None = None,
    is_refused: bool = False,
    time_essential: bool = False,
) -> Ending:
    """Judge a delivery due by `limit`, the last day inclusive.

    Missed, the customer may set an additional period (`extra_until`, its last day); missed again, end the
    contract. At once after a miss if the time was essential, and after a refusal to deliver without one.
    """
    is_owed = terms.extra_period and delivered_on is None
    is_missed = terms.extra_period and (delivered_on or today) > limit
    missed_again = is_missed and (time_essential or (extra_until is not None and today > extra_until))
    may_end = is_owed and (is_refused or missed_again)
    return Ending(
        is_missed=is_missed,
        may_set_period=is_owed and is_missed and extra_until is None,
        may_end=may_end,
        may_end_late_part=may_end and terms.may_end_late_part,
    )
