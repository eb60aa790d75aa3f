"""Missed deliveries in Europe: one more period, then the end of the contract."""

from __future__ import annotations

from datetime import date

from backorders.rules.ending import ending
from backorders.rules.law import EU_CONTRACTS, UK_CONTRACTS, US_DELAY, DelayPolicy, Terms, strictest


def _terms(policy: DelayPolicy) -> Terms:
    terms = strictest([policy])
    assert terms
    return terms


US, EU, UK = _terms(US_DELAY), _terms(EU_CONTRACTS), _terms(UK_CONTRACTS)


def october(day: int) -> date:
    """A day of October 2026."""
    return date(2026, 10, day)


T = october(1)


def test_a_missed_delivery_lets_the_customer_set_one_more_period() -> None:
    on_time, missed = (ending(EU, limit=T, today=today) for today in (T, october(2)))

    assert (on_time.is_missed, on_time.may_set_period, on_time.may_end) == (False, False, False)
    assert (missed.is_missed, missed.may_set_period, missed.may_end) == (True, True, False)


def test_missed_again_the_customer_may_end_the_contract() -> None:
    last_day, after = (
        ending(EU, limit=T, today=today, extra_until=october(10)) for today in (october(10), october(11))
    )

    assert (last_day.may_set_period, last_day.may_end) == (False, False)
    assert (after.may_end, after.may_end_late_part) == (True, False)


def test_in_the_uk_the_late_goods_alone_may_be_ended() -> None:
    assert ending(UK, limit=T, today=october(11), extra_until=october(10)).may_end_late_part


def test_time_that_is_essential_or_a_refusal_ends_it_at_once() -> None:
    assert ending(EU, limit=T, today=october(2), time_essential=True).may_end
    assert not ending(EU, limit=T, today=T, time_essential=True).may_end
    assert ending(EU, limit=T, today=date(2026, 9, 20), is_refused=True).may_end


def test_what_was_delivered_can_no_longer_be_ended() -> None:
    late = ending(EU, limit=T, today=date(2026, 11, 1), delivered_on=october(5), time_essential=True)

    assert (late.is_missed, late.may_set_period, late.may_end) == (True, False, False)
    assert not ending(EU, limit=T, today=date(2026, 11, 1), delivered_on=T).is_missed


def test_a_law_without_periods_gives_no_such_right() -> None:
    never = ending(US, limit=T, today=date(2026, 11, 1), is_refused=True, time_essential=True)

    assert (never.is_missed, never.may_set_period, never.may_end) == (False, False, False)
