"""Delays of real suppliers: the excerpt as it is, and draws that follow it."""

from datetime import date
from random import Random

from oms.demo import delays
from oms.demo.delays import Course, Delivery, VendorRecord


def delivery(vendor: str, delay: int, *, lead: int | None = 40, packs: int = 10) -> Delivery:
    """A delivery that came so many days late."""
    scheduled = date(2010, 6, 1)
    return Delivery(
        vendor=vendor,
        product_group="ARV",
        po_sent=date.fromordinal(scheduled.toordinal() - lead) if lead else None,
        scheduled=scheduled,
        delivered=date.fromordinal(scheduled.toordinal() + delay),
        recorded=date(2010, 8, 1),
        pack_units=60,
        qty_packs=packs,
    )


def vendor(*late: int) -> VendorRecord:
    """A supplier with this history."""
    return VendorRecord(name="V", delays=late, lead_days=40, pack_units=60, least_packs=1)


def test_the_excerpt_holds_what_its_readme_says() -> None:
    rows = delays.read()

    assert len(rows) == 7224
    assert {row.delay_days for row in rows if row.vendor == "HETERO LABS LIMITED"} == {0}


def test_only_suppliers_with_a_history_are_drawn_from() -> None:
    rows = [delivery("BIG", n) for n in range(25)] + [delivery("SMALL", 3)] * 19

    [record] = delays.records_of(rows)

    assert record == VendorRecord(
        name="BIG", delays=tuple(range(25)), lead_days=40, pack_units=60, least_packs=10
    )


def test_lead_days_come_from_purchases_with_a_usable_date() -> None:
    rows = [delivery("V", 0, lead=None)] * 20 + [delivery("V", 0, lead=300)] * 5

    assert delays.records_of(rows)[0].lead_days is None


def test_draws_follow_the_history_and_repeat_with_the_seed() -> None:
    known = vendor(*[0] * 80, *[30] * 20)

    drawn = [known.draw_delay(Random(seed)) for seed in range(2000)]

    assert set(drawn) == {0, 30}
    assert abs(drawn.count(30) - 400) < 60
    assert drawn == [known.draw_delay(Random(seed)) for seed in range(2000)]


def test_absurd_delays_are_bounded_on_both_sides() -> None:
    assert vendor(-372).draw_delay(Random(1)) == -14
    assert vendor(400).draw_delay(Random(1)) == 90


def test_what_comes_on_its_day_or_early_is_never_announced() -> None:
    assert delays.draw_course(vendor(0), 20, Random(1)) == Course(arrives_in=20, told_in=None)
    assert delays.draw_course(vendor(-5), 20, Random(1)) == Course(arrives_in=15, told_in=None)


def test_nothing_comes_before_the_day_after_ordering() -> None:
    assert delays.draw_course(vendor(-14), 3, Random(1)).arrives_in == 1


def test_a_late_one_is_told_between_three_weeks_before_and_the_day_itself() -> None:
    told = {delays.draw_course(vendor(10), 30, Random(seed)).told_in for seed in range(500)}

    assert told == set(range(9, 31))
