"""Ship and deliver dates by calendar, cut-off and clock; all worked through by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backorders.rules.dating import (
    Calendar,
    Place,
    Window,
    counts_from,
    deliver,
    held_until,
    line_window,
    received_on,
    ship_from_inbound,
    ship_from_stock,
    window,
)
from backorders.rules.explaining import explain
from backorders.rules.saying import sentences

BERLIN = ZoneInfo("Europe/Berlin")
EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
WEEK = Calendar(holidays=EASTER)
DAILY = Calendar(work_days=frozenset(range(7)))
FRIDAY, SATURDAY, MONDAY = date(2026, 3, 20), date(2026, 3, 21), date(2026, 3, 23)


def place(**fields: Any) -> Place:
    facts: dict[str, Any] = {
        "timezone": "Europe/Berlin",
        "calendar": WEEK,
        "cut_offs": (time(11), time(14)),
        "receiving_days": 1,
        "processing_days": 1,
        "transit": {"DE": 1, "US": 5},
        "transit_default": 3,
        "carrier": WEEK,
    }
    return Place(**{**facts, **fields})


def said(window: Window) -> list[str]:
    """The steps of a window in words."""
    return sentences(explain({"calendar": list(window.steps)}))


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), BERLIN)


# -- calendars


def test_a_calendar_is_open_on_working_weekdays_that_are_no_holidays() -> None:
    days = [date(2026, 4, n) for n in range(2, 8)]

    assert [WEEK.is_open(day) for day in days] == [True, False, False, False, False, True]


def test_the_next_open_day_may_be_the_day_itself() -> None:
    assert WEEK.next_open(FRIDAY) == FRIDAY
    assert WEEK.next_open(SATURDAY) == MONDAY
    assert WEEK.next_open(date(2026, 4, 3)) == date(2026, 4, 7)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, MONDAY),
        (SATURDAY, 0, MONDAY),
        (SATURDAY, 1, date(2026, 3, 24)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        (FRIDAY, 10, date(2026, 4, 7)),
    ],
)
def test_open_days_are_counted_from_the_next_open_day(start: date, days: int, end: date) -> None:
    assert WEEK.add_open_days(start, days) == end


def test_open_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        WEEK.add_open_days(FRIDAY, -1)


@pytest.mark.parametrize("work_days", [frozenset(), frozenset({7, -1})])
def test_a_calendar_that_never_opens_is_refused(work_days: frozenset[int]) -> None:
    with pytest.raises(ValueError, match="working weekday"):
        Calendar(work_days=work_days)


# -- the order instant


@pytest.mark.parametrize(
    ("ordered", "day"),
    [
        (at(FRIDAY, 0), FRIDAY),
        (at(FRIDAY, 13, 59, 59), FRIDAY),
        (at(FRIDAY, 14), FRIDAY),
        (at(FRIDAY, 14, 0, 1), MONDAY),
        (at(SATURDAY, 9), MONDAY),
        (at(SATURDAY, 23), MONDAY),
        (at(date(2026, 4, 2), 15), date(2026, 4, 7)),
    ],
)
def test_past_the_last_cut_off_counts_the_next_working_day(ordered: datetime, day: date) -> None:
    assert counts_from(place(), ordered) == day


def test_without_cut_offs_the_whole_day_counts() -> None:
    assert counts_from(place(cut_offs=()), at(FRIDAY, 23, 59)) == FRIDAY


def test_the_order_of_the_waves_does_not_matter() -> None:
    assert counts_from(place(cut_offs=(time(14), time(11))), at(FRIDAY, 13)) == FRIDAY


def test_the_instant_is_read_on_the_wall_clock_of_the_place() -> None:
    late_in_utc = datetime(2026, 3, 19, 23, 30, tzinfo=UTC)

    assert counts_from(place(), late_in_utc) == FRIDAY
    assert counts_from(place(timezone="America/New_York"), late_in_utc) == FRIDAY
    assert counts_from(place(timezone="America/New_York"), late_in_utc - timedelta(hours=6)) == date(
        2026, 3, 19
    )


def test_a_cut_off_is_wall_time_before_and_after_the_clocks_change() -> None:
    # Berlin leaves UTC+1 for UTC+2 on Sunday 29 March 2026.
    half_past_twelve = time(12, 30, tzinfo=UTC)
    before = datetime.combine(date(2026, 3, 27), half_past_twelve)
    after = datetime.combine(date(2026, 3, 30), half_past_twelve)

    assert counts_from(place(), before) == date(2026, 3, 27)
    assert counts_from(place(), after) == date(2026, 3, 31)


def test_both_passes_of_the_repeated_hour_make_the_cut_off() -> None:
    # On Sunday 25 October 2026 the hour from 02:00 comes twice.
    night = place(calendar=DAILY, cut_offs=(time(2, 30),))

    assert [counts_from(night, datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1)] == [
        date(2026, 10, 25),
        date(2026, 10, 25),
    ]
    assert counts_from(night, datetime(2026, 10, 25, 1, 31, tzinfo=UTC)) == date(2026, 10, 26)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        counts_from(place(), datetime(2026, 3, 20, 9))


# -- shipping and delivering


def test_stock_ships_after_the_processing_days() -> None:
    assert ship_from_stock(place(), at(FRIDAY, 10)) == MONDAY
    assert ship_from_stock(place(processing_days=0), at(FRIDAY, 10)) == FRIDAY
    assert ship_from_stock(place(processing_days=2), at(FRIDAY, 15)) == date(2026, 3, 25)


@pytest.mark.parametrize(
    ("expected", "buffer", "put_away", "ships"),
    [
        (date(2026, 3, 25), 0, date(2026, 3, 26), date(2026, 3, 27)),
        (date(2026, 3, 25), 3, date(2026, 3, 31), date(2026, 4, 1)),
        (date(2026, 4, 1), 1, date(2026, 4, 7), date(2026, 4, 8)),
        (date(2026, 3, 1), 2, MONDAY, date(2026, 3, 24)),
    ],
)
def test_an_inbound_is_buffered_received_and_processed(
    expected: date, buffer: int, put_away: date, ships: date
) -> None:
    assert received_on(place(), expected, buffer, FRIDAY) == put_away
    assert ship_from_inbound(place(), expected, buffer, FRIDAY) == ships


def test_an_inbound_never_ships_before_stock_ordered_at_the_same_moment() -> None:
    quick = place(receiving_days=0, processing_days=0)

    assert ship_from_inbound(quick, FRIDAY, 0, FRIDAY) == FRIDAY
    assert ship_from_inbound(quick, FRIDAY, 0, FRIDAY, at(FRIDAY, 15)) == MONDAY
    assert ship_from_inbound(quick, date(2026, 3, 25), 0, FRIDAY, at(FRIDAY, 15)) == date(2026, 3, 25)


def test_delivery_counts_the_carriers_days_by_region() -> None:
    assert deliver(place(), FRIDAY, "DE") == MONDAY
    assert deliver(place(), FRIDAY, "US") == date(2026, 3, 27)
    assert deliver(place(), FRIDAY, "FR") == date(2026, 3, 25)
    assert deliver(place(carrier=DAILY), FRIDAY, "DE") == SATURDAY


def test_a_place_that_says_nothing_else_ships_and_delivers_the_same_day() -> None:
    plain = Place("UTC")

    assert ship_from_stock(plain, datetime(2026, 3, 20, 23, 59, tzinfo=UTC)) == FRIDAY
    assert ship_from_inbound(plain, FRIDAY, 0, FRIDAY) == FRIDAY
    assert deliver(plain, FRIDAY, "DE") == FRIDAY


# -- windows


def test_the_window_of_stock_is_one_day_and_says_why() -> None:
    promise = window(
        place(), expected_on=None, at=at(FRIDAY, 15), median_buffer=2, level_buffer=9, region="DE"
    )

    assert replace(promise, steps=()) == Window(
        date(2026, 3, 24), date(2026, 3, 24), date(2026, 3, 25), date(2026, 3, 25)
    )
    assert promise.steps[0] == {
        "step": "ordered",
        "on": "2026-03-20",
        "at": "15:00",
        "zone": "Europe/Berlin",
        "counts_from": "2026-03-23",
        "late": "past_cut_off",
    }
    assert said(promise) == [
        "Ordered Fri 20 Mar 2026 at 15:00 (Europe/Berlin): past the last cut-off, counts from "
        "Mon 23 Mar 2026.",
        "Ready to ship after 1 working day of packing: Tue 24 Mar 2026.",
        "Shipped Tue 24 Mar 2026, 1 working day of transit to DE: delivered Wed 25 Mar 2026.",
    ]


def test_stock_ordered_in_time_counts_from_the_same_day() -> None:
    promise = window(place(), expected_on=None, at=at(FRIDAY, 9), median_buffer=0, level_buffer=0, region="")

    assert said(promise) == [
        "Ordered Fri 20 Mar 2026 at 09:00 (Europe/Berlin): in time for the 11:00 wave.",
        "Ready to ship after 1 working day of packing: Mon 23 Mar 2026.",
        "Shipped Mon 23 Mar 2026, 3 working days of transit: delivered Thu 26 Mar 2026.",
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (11, 0, "in time for the 11:00 wave."),
        (11, 1, "in time for the 14:00 wave."),
        (14, 0, "in time for the 14:00 wave."),
        (14, 1, "past the last cut-off, counts from Mon 23 Mar 2026."),
    ],
)
def test_an_order_is_told_which_wave_it_makes(hour: int, minute: int, words: str) -> None:
    moment = at(FRIDAY, hour, minute)
    promise = window(place(), expected_on=None, at=moment, median_buffer=0, level_buffer=0, region="")

    assert said(promise)[0].endswith(words)


def test_an_order_on_a_closed_day_says_so() -> None:
    promise = window(
        place(), expected_on=None, at=at(SATURDAY, 9), median_buffer=0, level_buffer=0, region=""
    )

    assert (
        said(promise)[0]
        == "Ordered Sat 21 Mar 2026 at 09:00 (Europe/Berlin): a closed day, counts from Mon 23 Mar 2026."
    )


def test_public_holidays_on_the_way_are_named() -> None:
    # Ordered on Maundy Thursday: packed on the Tuesday after Easter, with the customer on Wednesday.
    promise = window(
        place(), expected_on=None, at=at(date(2026, 4, 2), 9), median_buffer=0, level_buffer=0, region="DE"
    )

    assert (promise.ships_latest, promise.delivers_latest) == (date(2026, 4, 7), date(2026, 4, 8))
    assert said(promise)[2] == "Closed for public holidays: Fri 3 Apr 2026 and Mon 6 Apr 2026."


def test_goods_wanted_later_are_held_until_then() -> None:
    soon = window(place(), expected_on=None, at=at(FRIDAY, 9), median_buffer=0, level_buffer=0, region="DE")

    held = held_until(place(), soon, date(2026, 3, 30), "DE", why="wanted")

    assert (held.ships_earliest, held.ships_latest) == (date(2026, 3, 30), date(2026, 3, 30))
    assert (held.delivers_earliest, held.delivers_latest) == (date(2026, 3, 31), date(2026, 3, 31))
    assert said(held)[2:] == [
        "Not before Mon 30 Mar 2026, as wished for.",
        "Shipped Mon 30 Mar 2026, 1 working day of transit to DE: delivered Tue 31 Mar 2026.",
    ]


def test_the_window_of_an_inbound_goes_from_median_to_level() -> None:
    promise = window(
        place(), expected_on=date(2026, 4, 10), at=at(FRIDAY, 9), median_buffer=2, level_buffer=5, region="DE"
    )

    assert replace(promise, steps=()) == Window(
        date(2026, 4, 15), date(2026, 4, 17), date(2026, 4, 16), date(2026, 4, 20)
    )
    assert said(promise) == [
        "Expected Fri 10 Apr 2026, and 5 days of buffer: Wed 15 Apr 2026.",
        "Put away after 1 working day of receiving: Thu 16 Apr 2026.",
        "Ready to ship after 1 working day of packing: Fri 17 Apr 2026.",
        "Shipped Fri 17 Apr 2026, 1 working day of transit to DE: delivered Mon 20 Apr 2026.",
    ]


def test_an_overdue_inbound_counts_as_arriving_today_and_says_so() -> None:
    promise = window(
        place(), expected_on=date(2026, 3, 16), at=at(FRIDAY, 9), median_buffer=0, level_buffer=1, region="DE"
    )

    assert (promise.ships_earliest, promise.ships_latest) == (date(2026, 3, 24), date(2026, 3, 24))
    assert said(promise)[:3] == [
        "Expected Mon 16 Mar 2026, and 1 day of buffer: Tue 17 Mar 2026.",
        "That day is past, so it counts as arriving today, Fri 20 Mar 2026.",
        "Put away after 1 working day of receiving: Mon 23 Mar 2026.",
    ]


def test_an_inbound_due_today_is_not_called_past() -> None:
    promise = window(
        place(), expected_on=FRIDAY, at=at(FRIDAY, 9), median_buffer=0, level_buffer=0, region="DE"
    )

    assert said(promise)[:2] == [
        "Expected Fri 20 Mar 2026, and 0 days of buffer: Fri 20 Mar 2026.",
        "Put away after 1 working day of receiving: Mon 23 Mar 2026.",
    ]


def test_the_latest_is_never_before_the_earliest() -> None:
    promise = window(
        place(), expected_on=date(2026, 4, 10), at=at(FRIDAY, 9), median_buffer=5, level_buffer=2, region="DE"
    )

    assert promise.ships_earliest == promise.ships_latest == date(2026, 4, 17)


def test_today_is_the_date_at_the_place() -> None:
    # 23:30 UTC on Thursday is Friday in Berlin; the overdue inbound arrives then.
    promise = window(
        place(receiving_days=0, processing_days=0),
        expected_on=date(2026, 3, 1),
        at=datetime(2026, 3, 19, 23, 30, tzinfo=UTC),
        median_buffer=0,
        level_buffer=0,
        region="DE",
    )

    assert promise.ships_latest == FRIDAY


def test_a_line_is_as_late_as_its_latest_peg() -> None:
    soon = Window(FRIDAY, date(2026, 3, 30), MONDAY, date(2026, 4, 9), ("soon",))
    late = Window(date(2026, 3, 24), date(2026, 3, 31), date(2026, 3, 25), date(2026, 4, 1), ("late",))

    assert line_window([soon, late]) == Window(
        date(2026, 3, 24), date(2026, 3, 31), date(2026, 3, 25), date(2026, 4, 9), ("late",)
    )
    assert line_window([soon]) == soon


def test_a_line_without_pegs_has_no_window() -> None:
    with pytest.raises(ValueError, match="empty"):
        line_window([])
