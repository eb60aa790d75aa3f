"""From an order or an inbound to a ship date and a deliver date, by the calendars of place and carrier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from backorders.rules.types import State, WaitMode
from backorders.rules.wording import Words, short_date, words_for

MONDAY_TO_FRIDAY = frozenset(range(5))
_WEEKDAYS = frozenset(range(7))
Step: TypeAlias = Mapping[str, Any] | str
"""One step of the reckoning as plain facts, named by `step`; a promise keeps it. Old ones are sentences."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working weekdays (0 is Monday) less holidays; ValueError if no weekday is ever open."""

    work_days: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.work_days & _WEEKDAYS:
            raise ValueError("a calendar needs at least one working weekday")

    def is_open(self, day: date) -> bool:
        """Whether work is done on this day."""
        return day.weekday() in self.work_days and day not in self.holidays

    def next_open(self, day: date) -> date:
        """The first open day from this day on; the day itself if it is open."""
        while not self.is_open(day):
            day += timedelta(days=1)
        return day

    def add_open_days(self, day: date, days: int) -> date:
        """Start on the next open day and count so many open days more; ValueError if negative."""
        if days < 0:
            raise ValueError("open days are counted forwards only")
        day = self.next_open(day)
        for _ in range(days):
            day = self.next_open(day + timedelta(days=1))
        return day

    def holidays_between(self, first: date, last: date) -> list[date]:
        """The holidays from one day to another that took a working weekday, in order."""
        within = (day for day in self.holidays if first <= day <= last)
        return sorted(day for day in within if day.weekday() in self.work_days)


@dataclass(frozen=True, slots=True)
class Place:
    """What a shipping location and its carrier need; all days are open days.

    `cut_offs`: local wall times of the waves; none means that orders count all day.
    `transit`: carrier's days by region, `transit_default` for any other.
    """

    timezone: str
    calendar: Calendar = field(default_factory=Calendar)
    cut_offs: tuple[time, ...] = ()
    receiving_days: int = 0
    processing_days: int = 0
    transit: Mapping[str, int] = field(default_factory=dict)
    transit_default: int = 0
    carrier: Calendar = field(default_factory=Calendar)

    def local(self, at: datetime) -> datetime:
        """The wall time here; ValueError for a naive instant, which would silently mean another zone."""
        if at.tzinfo is None:
            raise ValueError("an instant must be aware")
        return at.astimezone(ZoneInfo(self.timezone))


@dataclass(frozen=True, slots=True)
class Window:
    """Earliest and latest ship and deliver dates; we are held to the latest. `steps` say why."""

    ships_earliest: date
    ships_latest: date
    delivers_earliest: date
    delivers_latest: date
    steps: tuple[Step, ...] = ()


def counts_from(place: Place, at: datetime) -> date:
    """The working day an order instant counts for: past the last cut-off it is the next one.

    An order at the very minute of the cut-off still makes it.
    """
    local = place.local(at)
    is_late = bool(place.cut_offs) and local.time() > max(place.cut_offs)
    if is_late and place.calendar.is_open(local.date()):
        return place.calendar.next_open(local.date() + timedelta(days=1))
    return place.calendar.next_open(local.date())


def ship_from_stock(place: Place, at: datetime) -> date:
    """The day goods on hand leave when ordered at this instant."""
    return place.calendar.add_open_days(counts_from(place, at), place.processing_days)


def received_on(place: Place, expected_on: date, buffer_days: int, today: date) -> date:
    """The day an inbound is put away: expected plus buffer, then receiving days; never in the past."""
    arrives = max(expected_on + timedelta(days=buffer_days), today)
    return place.calendar.add_open_days(arrives, place.receiving_days)


def ship_from_inbound(
    place: Place, expected_on: date, buffer_days: int, today: date, at: datetime | None = None
) -> date:
    """The day goods of an inbound leave; never before goods on hand would, ordered at `at`.

    `buffer_days` are calendar days, as lateness is measured in them.
    """
    received = received_on(place, expected_on, buffer_days, today)
    ships = place.calendar.add_open_days(received, place.processing_days)
    return ships if at is None else max(ships, ship_from_stock(place, at))


def deliver(place: Place, ships_on: date, region: str) -> date:
    """The day the customer has what left on `ships_on`, by the carrier's calendar."""
    return place.carrier.add_open_days(ships_on, place.transit.get(region, place.transit_default))


def window(
    place: Place,
    *,
    expected_on: date | None,
    at: datetime,
    median_buffer: int,
    level_buffer: int,
    region: str,
) -> Window:
    """The promise for one peg: earliest by the median buffer, latest by the service level's.

    `expected_on` is none for stock, whose window is a single day.
    """
    if expected_on is None:
        earliest = latest = ship_from_stock(place, at)
        steps = _stock_steps(place, at)
    else:
        today = place.local(at).date()
        earliest = ship_from_inbound(place, expected_on, median_buffer, today, at)
        latest = max(earliest, ship_from_inbound(place, expected_on, level_buffer, today, at))
        steps = _inbound_steps(place, expected_on, max(median_buffer, level_buffer), today, latest)
    delivers = deliver(place, latest, region)
    steps.append(_transit_step(place, latest, delivers, region))
    return Window(earliest, latest, deliver(place, earliest, region), delivers, tuple(steps))


def line_window(windows: Sequence[Window]) -> Window:
    """The window of a line shipped together: the latest of its pegs; ValueError if there is none."""
    slowest = max(windows, key=lambda w: (w.ships_latest, w.delivers_latest))
    return Window(
        ships_earliest=max(w.ships_earliest for w in windows),
        ships_latest=slowest.ships_latest,
        delivers_earliest=max(w.delivers_earliest for w in windows),
        delivers_latest=max(w.delivers_latest for w in windows),
        steps=slowest.steps,
    )


def label(state: State, mode: WaitMode, window: Window | None, today: date, locale: str = "en") -> str:
    """What the shop shows beside the SKU: a few words from state, mode and ship window.

    A day already past reads as today. An intended wait is named for what it is, never as a backorder.
    """
    words = words_for(locale)
    if state is State.OUT_OF_STOCK:
        return words.sold_out
    if window is None:
        return words.in_stock
    first, last = max(today, window.ships_earliest), max(today, window.ships_latest)
    if state is State.PREORDER:
        return words.preorder.format(on=short_date(first, today, locale))
    if state is State.BACKORDER and mode is WaitMode.ACCIDENTAL and first == last > today:
        return words.backorder.format(on=short_date(last, today, locale))
    ships = _ships(words, first, last, today, locale)
    if state is State.BACKORDER and mode is WaitMode.MADE_TO_ORDER:
        return words.made_to_order.format(ships=ships)
    if state is State.BACKORDER and mode is WaitMode.LIMITED_DROP:
        return words.limited_drop.format(ships=ships)
    return ships


def _ships(words: Words, first: date, last: date, today: date, locale: str) -> str:
    """When it ships, as a span of days or a single day."""
    if first == today and last == today + timedelta(days=1):
        return words.today_or_tomorrow
    if first != last:
        return words.between.format(first=(first - today).days, last=(last - today).days)
    if last == today:
        return words.today
    if last == today + timedelta(days=1):
        return words.tomorrow
    return words.on.format(on=short_date(last, today, locale))


def _stock_steps(place: Place, at: datetime) -> list[Step]:
    local, start, ships = place.local(at), counts_from(place, at), ship_from_stock(place, at)
    ordered = {
        "step": "ordered",
        "on": _iso(local.date()),
        "at": f"{local:%H:%M}",
        "zone": place.timezone,
        "counts_from": _iso(start),
        **_wave(place, local, start),
        **_closed(place.calendar, local.date(), start),
    }
    return [ordered, _packed_step(place, start, ships)]


def _wave(place: Place, local: datetime, start: date) -> dict[str, str]:
    """The wave an order makes; or why it counts from a later day only."""
    if start == local.date():
        wave = min((cut_off for cut_off in place.cut_offs if local.time() <= cut_off), default=None)
        return {"wave": f"{wave:%H:%M}"} if wave else {}
    return {"late": "past_cut_off" if place.calendar.is_open(local.date()) else "closed"}


def _inbound_steps(place: Place, expected_on: date, buffer: int, today: date, ships: date) -> list[Step]:
    buffered = expected_on + timedelta(days=buffer)
    received = received_on(place, expected_on, buffer, today)
    steps: list[Step] = [
        {
            "step": "expected",
            "on": _iso(expected_on),
            "buffer_days": buffer,
            "until": _iso(buffered),
        }
    ]
    if buffered < today:
        steps.append({"step": "overdue", "on": _iso(today)})
    arrives = max(buffered, today)
    put_away = {"step": "received", "days": place.receiving_days, "on": _iso(received)}
    steps.append({**put_away, **_closed(place.calendar, arrives, received)})
    steps.append(_packed_step(place, received, ships))
    return steps


def _packed_step(place: Place, start: date, ships: date) -> Step:
    packed = {"step": "packed", "days": place.processing_days, "on": _iso(ships)}
    return {**packed, **_closed(place.calendar, start, ships)}


def _transit_step(place: Place, ships: date, delivers: date, region: str) -> Step:
    """How long the carrier takes, as a step."""
    shipped = {
        "step": "shipped",
        "on": _iso(ships),
        "days": place.transit.get(region, place.transit_default),
        "region": region,
        "delivered_on": _iso(delivers),
    }
    return {**shipped, **_closed(place.carrier, ships, delivers)}


def _until_shipped(window: Window) -> tuple[Step, ...]:
    """The steps of a window without the carrier's, for goods that leave on another day."""
    return tuple(step for step in window.steps if isinstance(step, str) or step.get("step") != "shipped")


def held_until(place: Place, window: Window, ships: date, region: str, *, why: str) -> Window:
    """A window moved to a single later day because the goods are wanted, or launched, no sooner."""
    delivers = deliver(place, ships, region)
    held = {"step": "not_before", "on": _iso(ships), "why": why}
    steps = (*_until_shipped(window), held, _transit_step(place, ships, delivers, region))
    return Window(ships, ships, delivers, delivers, steps)


def not_before_bucket(
    place: Place, window: Window, day: date, region: str, facts: Mapping[str, Any]
) -> Window:
    """A window of units that count in a later bucket: none of it before this day; `facts` say of what cap."""
    if window.ships_earliest >= day:
        return window
    ships = max(window.ships_latest, day)
    delivers = deliver(place, ships, region)
    held = {"step": "bucket", "on": _iso(day), **facts}
    steps = (*_until_shipped(window), held, _transit_step(place, ships, delivers, region))
    return Window(day, ships, deliver(place, day, region), delivers, steps)


def _closed(calendar: Calendar, first: date, last: date) -> dict[str, list[str]]:
    """The holidays on the way, where there are any."""
    holidays = calendar.holidays_between(first, last)
    return {"holidays": [_iso(day) for day in holidays]} if holidays else {}


def _iso(day: date) -> str:
    return day.isoformat()
