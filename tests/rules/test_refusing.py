"""What a cap or a floor would refuse of demand taken without it: exact replays and their properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.caps import BucketKind, CapField, CapView, Protection, ProtectionKind
from backorders.rules.refusing import Refusal, Wish, beyond_cap, beyond_floor

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
W1, W2, W3 = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)
WEB, SILVER = frozenset({"channel:1"}), frozenset({"class:silver"})


def wish(ref: int, qty: int, *, hour: int | None = None, **more: Any) -> Wish:
    at = NOON + timedelta(hours=ref if hour is None else hour)
    return replace(Wish(ref=ref, qty=qty, at=at, on=W1, order_id=ref, customer_id=ref), **more)


def cap(**numbers: Any) -> CapView:
    return replace(CapView(id=1, name="cap"), **numbers)


def test_who_came_last_does_not_fit() -> None:
    refused = beyond_cap(cap(max_open_units=10), {}, [wish(3, 4), wish(1, 6), wish(2, 3)])

    assert refused == {3: Refusal(ref=3, qty=3, field=CapField.OPEN)}


def test_units_that_wait_no_more_make_room_again() -> None:
    gone = wish(1, 6, ended_at=NOON + timedelta(hours=2))

    refused = beyond_cap(cap(max_open_units=6), {}, [gone, wish(2, 6), wish(3, 1)])

    assert refused == {3: Refusal(ref=3, qty=1, field=CapField.OPEN)}


def test_units_wished_in_a_week_draw_on_the_weeks_in_reach() -> None:
    weeks = cap(max_open_units=20, bucket=BucketKind.WEEK, backward=1, forward=1)
    wishes = [
        wish(1, 30, on=W1),
        wish(2, 5, on=W2),
        wish(3, 40, on=W3),
        wish(4, 20, on=W2),
    ]

    refused = beyond_cap(weeks, {W1: 30, W3: 40}, wishes)

    # 30/30, 5/20 and 40/40 are used: of 20 more for the second week 15 fit.
    assert refused == {4: Refusal(ref=4, qty=5, field=CapField.OPEN, bucket_on=W2)}


def test_limits_of_an_order_and_of_a_customer_are_named() -> None:
    limits = cap(max_units_per_order=5, max_units_per_customer=7)
    one_order = [wish(1, 4, order_id=9, customer_id=3), wish(2, 4, order_id=9, customer_id=3)]
    another = wish(3, 4, order_id=10, customer_id=3)

    refused = beyond_cap(limits, {}, [*one_order, another])

    assert refused[2] == Refusal(ref=2, qty=3, field=CapField.PER_ORDER)
    assert refused[3] == Refusal(ref=3, qty=2, field=CapField.PER_CUSTOMER)


def test_a_cap_that_only_watches_refuses_nothing() -> None:
    assert beyond_cap(cap(max_open_units=0, monitor_only=True), {}, [wish(1, 5)]) == {}


def test_a_floor_keeps_units_from_others_until_its_group_has_them() -> None:
    floor = Protection(group="channel:1", qty=30, id=1)
    wishes = [
        wish(1, 10, groups=WEB),
        wish(2, 85, groups=SILVER),
        wish(3, 10, groups=WEB),
        wish(4, 5, groups=SILVER),
    ]

    refused = beyond_floor(floor, [], wishes, supply_qty=100)

    # 90 left of which 20 are kept: 70 of 85. Then 20 left, WEB takes 10; 10 are kept of the last 10.
    assert refused == {2: Refusal(ref=2, qty=15), 4: Refusal(ref=4, qty=5)}


def test_what_supply_never_covered_is_not_the_floors_doing() -> None:
    floor = Protection(group="channel:1", qty=4, id=1)

    refused = beyond_floor(floor, [], [wish(1, 50, groups=SILVER)], supply_qty=10)

    assert refused == {1: Refusal(ref=1, qty=4)}


def test_a_prioritised_floor_lets_a_higher_group_pass() -> None:
    floor = Protection(group="channel:1", qty=5, priority=2, kind=ProtectionKind.PRIORITISED, id=1)
    gold = Protection(group="class:gold", qty=1, priority=1, kind=ProtectionKind.PRIORITISED, id=2)

    refused = beyond_floor(floor, [gold], [wish(1, 6, groups=frozenset({"class:gold"}))], supply_qty=6)

    assert refused == {}


WISHES = st.lists(
    st.builds(
        wish,
        st.integers(1, 10_000),
        st.integers(1, 9),
        hour=st.integers(0, 99),
        on=st.sampled_from([W1, W2, W3]),
        groups=st.sampled_from([WEB, SILVER]),
    ),
    max_size=12,
    unique_by=lambda each: each.ref,
)


@given(WISHES, st.integers(0, 40), st.integers(0, 2), st.integers(0, 2))
def test_what_is_taken_under_a_cap_never_exceeds_it(
    wishes: list[Wish], most: int, backward: int, forward: int
) -> None:
    weeks = cap(max_open_units=most, bucket=BucketKind.WEEK, backward=backward, forward=forward)

    for tried in (cap(max_open_units=most), weeks):
        refused = beyond_cap(tried, {}, wishes)
        taken = sum(each.qty for each in wishes) - sum(each.qty for each in refused.values())
        buckets = 1 if tried.bucket is BucketKind.NONE else 3 + backward + forward
        assert all(0 < row.qty <= each.qty for each in wishes if (row := refused.get(each.ref)))
        assert taken <= most * buckets


@given(WISHES, st.integers(0, 60), st.integers(0, 40))
def test_a_floor_refuses_only_others_and_never_more_than_it_holds(
    wishes: list[Wish], supply_qty: int, kept: int
) -> None:
    floor = Protection(group="channel:1", qty=kept, id=1)

    refused = beyond_floor(floor, [], wishes, supply_qty=supply_qty)

    assert not {each.ref for each in wishes if WEB & each.groups} & refused.keys()
    assert beyond_floor(replace(floor, qty=0), [], wishes, supply_qty=supply_qty) == {}
