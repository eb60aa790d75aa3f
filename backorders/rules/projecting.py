"""How the backorder book comes down: day by day, at even odds and as it may be relied on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Units that wait for one supply: what they are worth, and what of that may be cancelled.

    `likely_on` is the day they leave at even odds, `sure_on` at the service level; none: no supply, no day.
    """

    qty: int
    value: Fraction
    at_risk: Fraction = Fraction(0)
    likely_on: date | None = None
    sure_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Units that come, free or claimed, at even odds and at the service level."""

    qty: int
    likely_on: date
    sure_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Units that leave stock on the day they were promised to ship."""

    on: date
    qty: int


@dataclass(frozen=True, slots=True)
class Left:
    """What still waits at the end of a day: units, value, and revenue at risk."""

    units: int = 0
    value: Fraction = Fraction(0)
    at_risk: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAhead:
    """The end of one day: the book at even odds and at the service level, the shelf after both."""

    on: date
    likely: Left = field(default_factory=Left)
    sure: Left = field(default_factory=Left)
    stock_likely: int = 0
    stock_sure: int = 0


def project(
    waits: Sequence[Wait],
    *,
    today: date,
    days: int,
    on_hand: int = 0,
    arrivals: Sequence[Arrival] = (),
    draws: Sequence[Draw] = (),
) -> list[DayAhead]:
    """The book and the shelf from today on, for so many days; what is past already counts as today.

    The shelf never goes below nothing: what was promised and is not there leaves when it comes.
    """
    likely = _book(waits, [wait.likely_on for wait in waits], today, days)
    sure = _book(waits, [wait.sure_on for wait in waits], today, days)
    going = [(draw.on, draw.qty) for draw in draws]
    stock_likely = _shelf(on_hand, [(a.likely_on, a.qty) for a in arrivals], going, today, days)
    stock_sure = _shelf(on_hand, [(a.sure_on, a.qty) for a in arrivals], going, today, days)
    return [
        DayAhead(
            on=today + timedelta(days=n), likely=first, sure=second, stock_likely=third, stock_sure=fourth
        )
        for n, (first, second, third, fourth) in enumerate(
            zip(likely, sure, stock_likely, stock_sure, strict=True)
        )
    ]


def _book(waits: Sequence[Wait], ends: Sequence[date | None], today: date, days: int) -> list[Left]:
    """What still waits at the end of each day: whose day is later, or has none."""
    done: list[list[Wait]] = [[] for _ in range(days)]
    units, value, risk = 0, Fraction(0), Fraction(0)
    for wait, on in zip(waits, ends, strict=True):
        units, value, risk = units + wait.qty, value + wait.value, risk + wait.at_risk
        if on is not None and (n := max(0, (on - today).days)) < days:
            done[n].append(wait)
    left: list[Left] = []
    for gone in done:
        units -= sum(wait.qty for wait in gone)
        value -= sum((wait.value for wait in gone), Fraction(0))
        risk -= sum((wait.at_risk for wait in gone), Fraction(0))
        left.append(Left(units, value, risk))
    return left


def _shelf(
    on_hand: int,
    coming: Iterable[tuple[date, int]],
    going: Iterable[tuple[date, int]],
    today: date,
    days: int,
) -> Iterator[int]:
    """Units on the shelf at the end of each day."""
    change = [0] * days
    for sign, moves in ((1, coming), (-1, going)):
        for on, qty in moves:
            if (n := max(0, (on - today).days)) < days:
                change[n] += sign * qty
    balance = on_hand
    for moved in change:
        balance += moved
        yield max(0, balance)
