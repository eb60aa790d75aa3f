"""Fair shares when equals want more than there is: in proportion, evenly, or by days of supply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate


class SharePolicy(StrEnum):
    """How equals share what is too little for all."""

    PROPORTIONAL = "proportional"
    EVEN = "even"
    DAYS_OF_SUPPLY = "days_of_supply"


def proportional(qty: int, *, wanted: Mapping[int, int], pack: int = 1) -> dict[int, int]:
    """Share `qty` units in proportion to what each line id wants: largest remainder, ties to the lower id.

    Nobody gets more than he wants. With a pack size everyone gets whole packs only.
    """
    packs = _in_packs(wanted, pack)
    total = sum(packs.values())
    to_give = min(qty // pack, total)
    exact = {line: Fraction(to_give * want, total) if total else Fraction(0) for line, want in packs.items()}
    return _in_units(_largest_remainder(to_give, exact), pack)


def _in_packs(wanted: Mapping[int, int], pack: int) -> dict[int, int]:
    # A line that wants part of a pack gets the whole packs below it: a pack too many is nobody's wish.
    return {line: want // pack for line, want in sorted(wanted.items())}


def _in_units(packs: Mapping[int, int], pack: int) -> dict[int, int]:
    return {line: given * pack for line, given in packs.items()}


def _largest_remainder(to_give: int, exact: Mapping[int, Fraction]) -> dict[int, int]:
    """Whole numbers that add up to `to_give`, none further than 1 from its exact share."""
    shares = {line: int(share) for line, share in exact.items()}
    by_remainder = sorted(exact, key=lambda line: (shares[line] - exact[line], line))
    for line in by_remainder[: to_give - sum(shares.values())]:
        shares[line] += 1
    return shares


def even(qty: int, *, wanted: Mapping[int, int], pack: int = 1) -> dict[int, int]:
    """Raise all lines equally until each has what it wants or nothing is left; what is odd to the lower ids.

    With a pack size everyone gets whole packs only.
    """
    packs = _in_packs(wanted, pack)
    left = qty // pack
    given = dict.fromkeys(packs, 0)
    smallest_first = sorted(packs, key=lambda line: (packs[line], line))
    for place, line in enumerate(smallest_first):
        level = left // (len(smallest_first) - place)
        if packs[line] > level:
            # From here on every line wants more than its equal part.
            return _in_units(given | _level(left, smallest_first[place:]), pack)
        given[line] = packs[line]
        left -= given[line]
    return _in_units(given, pack)


def _level(left: int, lines: Sequence[int]) -> dict[int, int]:
    level, odd = divmod(left, len(lines))
    return {line: level + (place < odd) for place, line in enumerate(sorted(lines))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A member's stock in units and its mean demand in units per day, above 0."""

    line_id: int
    stock: int
    daily: Fraction


def by_days(qty: int, *, stands: Sequence[Stand], pack: int = 1) -> dict[int, int]:
    """Share `qty` units so that all end with the same days of supply: (qty + stocks) over daily demands.

    Those already above the common level get nothing, drop out, and the level is computed again. Whole units
    (or packs) by largest remainder, ties to the lower id.
    """
    left = qty // pack
    members = _below_level(Fraction(left * pack), stands)
    level = _level_of(Fraction(left * pack), members)
    exact = {stand.line_id: (level * stand.daily - stand.stock) / pack for stand in members}
    given = dict.fromkeys(sorted(stand.line_id for stand in stands), 0)
    return _in_units(given | (_largest_remainder(left, exact) if members else {}), pack)


def _below_level(qty: Fraction, stands: Sequence[Stand]) -> list[Stand]:
    """The members to serve: in order of their own days of supply, all that lie below the level they share."""
    neediest_first = sorted(stands, key=lambda stand: (stand.stock / stand.daily, stand.line_id))
    stocks = accumulate((stand.stock for stand in neediest_first), initial=0)
    dailies = accumulate((stand.daily for stand in neediest_first), initial=Fraction(0))
    for place, (stand, stock, daily) in enumerate(zip(neediest_first, stocks, dailies, strict=False)):
        if daily and stand.stock * daily >= (qty + stock) * stand.daily:
            return neediest_first[:place]
    return neediest_first


def _level_of(qty: Fraction, members: Sequence[Stand]) -> Fraction:
    daily = sum((stand.daily for stand in members), Fraction(0))
    return (qty + sum(stand.stock for stand in members)) / daily if daily else Fraction(0)


def share(policy: SharePolicy, qty: int, *, wanted: Mapping[int, int], pack: int = 1) -> dict[int, int]:
    """Share by a policy that needs only what each wants; ValueError for days of supply, which needs more."""
    if policy is SharePolicy.DAYS_OF_SUPPLY:
        raise ValueError("days of supply are shared by stock and daily demand: use by_days")
    return (proportional if policy is SharePolicy.PROPORTIONAL else even)(qty, wanted=wanted, pack=pack)
