"""How the book comes down: by the day, at even odds and at the service level."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.projecting import Arrival, Draw, Left, Wait, project

TODAY = date(2026, 3, 2)


def on(days: int) -> date:
    """A day from today."""
    return TODAY + timedelta(days=days)


def wait(qty: int, likely: int | None, sure: int | None) -> Wait:
    """Units worth ten each, a tenth of it at risk."""
    return Wait(
        qty=qty,
        value=Fraction(10 * qty),
        at_risk=Fraction(qty),
        likely_on=None if likely is None else on(likely),
        sure_on=None if sure is None else on(sure),
    )


def test_the_book_comes_down_on_the_days_its_supply_leaves() -> None:
    days = project([wait(4, 1, 2), wait(6, 2, 9), wait(3, None, None)], today=TODAY, days=4)

    assert [day.likely.units for day in days] == [13, 9, 3, 3]
    assert [day.sure.units for day in days] == [13, 13, 9, 9]
    assert days[1].likely == Left(9, Fraction(90), Fraction(9))


def test_what_should_have_left_already_leaves_today() -> None:
    [today] = project([wait(4, -3, -1)], today=TODAY, days=1)

    assert (today.likely.units, today.sure.units) == (0, 0)


def test_the_shelf_is_drawn_down_at_promised_days_and_filled_by_arrivals() -> None:
    days = project(
        [],
        today=TODAY,
        days=5,
        on_hand=10,
        arrivals=[Arrival(qty=8, likely_on=on(2), sure_on=on(4))],
        draws=[Draw(on=on(-1), qty=4), Draw(on=on(1), qty=9)],
    )

    assert [day.stock_likely for day in days] == [6, 0, 5, 5, 5]
    assert [day.stock_sure for day in days] == [6, 0, 0, 0, 5]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 50),
            st.none() | st.tuples(st.integers(-5, 40), st.integers(0, 20)),
        ),
        max_size=12,
    )
)
def test_the_book_never_grows_and_the_sure_one_is_never_below(
    rows: list[tuple[int, tuple[int, int] | None]],
) -> None:
    waits = [wait(qty, ends and ends[0], ends and ends[0] + ends[1]) for qty, ends in rows]

    days = project(waits, today=TODAY, days=30)

    for earlier, later in pairwise(days):
        assert later.likely.units <= earlier.likely.units
    assert all(day.likely.units <= day.sure.units for day in days)
    assert all(day.likely.value == 10 * day.likely.units for day in days)
