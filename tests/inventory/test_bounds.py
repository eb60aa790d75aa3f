"""What a quantity, a day, an instant or a foreign name may be."""

from datetime import date, timedelta

import pytest

from inventory.bounds import (
    MOST_DAYS_AHEAD,
    check_coming_day,
    check_external_id,
    check_past_instant,
    check_qty,
)
from inventory.models import MAX_QTY
from oms.kernel import clock
from oms.kernel.errors import InvalidValue

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize("qty", [0, -1, MAX_QTY + 1, 10**12])
def test_an_absurd_quantity_is_refused_by_field(qty: int) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_qty(qty, field="lines[0].qty")

    assert refused.value.field == "lines[0].qty"


@pytest.mark.parametrize("qty", [1, MAX_QTY])
def test_a_quantity_within_bounds_passes(qty: int) -> None:
    check_qty(qty, field="qty")


def test_zero_passes_where_it_may() -> None:
    check_qty(0, field="qty", least=0)


@pytest.mark.parametrize("days", [-1, MOST_DAYS_AHEAD + 1])
def test_a_past_or_far_day_is_refused_by_field(frozen: clock.Journey, days: int) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_coming_day(TODAY + timedelta(days=days), field="expected_on", zone="UTC")

    assert refused.value.field == "expected_on"


@pytest.mark.parametrize("days", [0, MOST_DAYS_AHEAD])
def test_a_day_from_today_on_passes(frozen: clock.Journey, days: int) -> None:
    check_coming_day(TODAY + timedelta(days=days), field="expected_on", zone="UTC")


def test_today_is_the_day_of_the_location(frozen: clock.Journey) -> None:
    # 08:00 in London is 22:00 of the day before in Honolulu.
    check_coming_day(TODAY - timedelta(days=1), field="expected_on", zone="Pacific/Honolulu")


def test_an_instant_to_come_is_refused_by_field(frozen: clock.Journey) -> None:
    check_past_instant(frozen.at + timedelta(minutes=10), field="as_of")

    with pytest.raises(InvalidValue) as refused:
        check_past_instant(frozen.at + timedelta(minutes=11), field="as_of")

    assert refused.value.field == "as_of"


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_an_empty_or_endless_external_id_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_external_id(name)

    assert refused.value.field == "external_id"
