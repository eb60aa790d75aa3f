"""Europe and Britain by hand: who applies the directive, missed deliveries, when a withdrawal ends."""

from __future__ import annotations

import pytest

from backorders.lawbook import holidays_of
from backorders.rules.ending import ending
from backorders.rules.law import Terms, countries_of
from backorders.rules.refunding import withdrawal_ends
from tests.rules.test_law_by_hand import EU, UK, day


@pytest.mark.parametrize("country", ["IS", "LI", "NO", "DE", "GR"])
def test_the_economic_area_stands_under_the_directive(country: str) -> None:
    assert countries_of(country) == {country, "EU"}


@pytest.mark.parametrize("country", ["CH", "GB", "US", "TR"])
def test_neighbours_of_the_economic_area_do_not(country: str) -> None:
    assert countries_of(country) == {country}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # missed, may_set_period, may_end, may_end_late_part
        ({"today": "2026-10-01"}, (False, False, False, False)),
        ({"today": "2026-10-02"}, (True, True, False, False)),
        ({"today": "2026-10-16", "extra_until": "2026-10-16"}, (True, False, False, False)),
        ({"today": "2026-10-17", "extra_until": "2026-10-16"}, (True, False, True, True)),
        ({"today": "2026-10-02", "time_essential": True}, (True, True, True, True)),
        ({"today": "2026-10-01", "time_essential": True}, (False, False, False, False)),
        ({"today": "2026-09-20", "is_refused": True}, (False, False, True, True)),
        ({"today": "2026-10-30", "delivered_on": "2026-10-02"}, (True, False, False, False)),
        ({"today": "2026-10-30", "delivered_on": "2026-10-01"}, (False, False, False, False)),
    ],
)
@pytest.mark.parametrize(("terms", "part"), [(EU, False), (UK, True)])
def test_a_missed_delivery_first_grants_a_period_and_then_the_end(
    facts: dict[str, object], expected: tuple[bool, ...], terms: Terms, part: bool
) -> None:
    read = {name: day(value) if isinstance(value, str) else value for name, value in facts.items()}

    found = ending(terms, limit=day("2026-10-01"), **read)  # type: ignore[arg-type]

    *others, late_part = expected
    assert (found.is_missed, found.may_set_period, found.may_end) == tuple(others)
    assert found.may_end_late_part is (late_part and part)


@pytest.mark.parametrize(
    ("delivered", "informed", "end"),
    [
        ("2026-12-11", "2026-12-01", "2026-12-28"),  # 25 and 26 December are holidays, the 27th a Sunday
        ("2027-03-12", "2027-03-01", "2027-03-30"),  # Good Friday; Easter Monday is the 29th
        ("2028-02-15", "2028-02-01", "2028-02-29"),
        ("2026-11-30", None, "2027-12-14"),
        ("2027-02-15", "2027-03-10", "2027-03-24"),
    ],
)
def test_withdrawal_ends_on_a_working_day_of_germany(delivered: str, informed: str | None, end: str) -> None:
    delivered_on = day(delivered)
    holidays = {*holidays_of("DE", delivered_on), *holidays_of("DE", delivered_on.replace(day=1, month=12))}

    found = withdrawal_ends(
        delivered_on,
        days=EU.withdrawal_days,
        uninformed_months=EU.uninformed_months,
        informed_on=day(informed) if informed else None,
        holidays=holidays,
    )

    assert found == day(end)
