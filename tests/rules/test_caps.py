"""Caps, their buckets and protections: the worked examples and their edges."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.caps import (
    BucketKind,
    CapField,
    CapView,
    Protection,
    ProtectionKind,
    bucket_of,
    consume,
    draw,
    first_working_day,
    give_back,
    hiding_from,
    matches,
    reach_of,
    room,
    visible_to,
)
from backorders.rules.dating import Calendar

W1, W2, W3 = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)
LINE: dict[str, Any] = {
    "sku_id": 7,
    "category": "chairs",
    "channel_id": 1,
    "region": "EU",
    "customer_class": "gold",
    "on": W2,
}
GLOBAL = CapView(id=1, name="Global", max_open_units=100, used=59)
WEB = CapView(id=2, name="WEB", max_open_units=60, used=58, channel_id=1)
EU = CapView(id=3, name="EU", max_open_units=40, used=39, region="EU")


def test_the_least_room_of_all_matching_caps_is_allowed_and_named() -> None:
    left = room([GLOBAL, WEB, EU], qty=5, order_units=0)

    assert (left.allowed, left.cap_id, left.cap_name, left.field) == (1, 3, "EU", CapField.OPEN)
    assert [(look.cap_name, look.room) for look in left.looked_at] == [("Global", 41), ("WEB", 2), ("EU", 1)]
    assert left.exceeded == ()


def test_without_a_cap_anything_goes() -> None:
    left = room([], qty=10**9, order_units=0)

    assert (left.allowed, left.cap_id, left.cap_name, left.field) == (None, None, "", None)


def test_an_empty_ceiling_is_unlimited_and_zero_is_none() -> None:
    assert room([CapView(id=1, name="open")], qty=1, order_units=0).allowed is None
    assert room([CapView(id=1, name="shut", max_open_units=0)], qty=1, order_units=0).allowed == 0


def test_a_ceiling_lowered_below_its_use_leaves_no_room() -> None:
    assert room([CapView(id=1, name="cut", max_open_units=5, used=9)], qty=1, order_units=0).allowed == 0


def test_of_two_equally_tight_caps_the_lower_id_is_named() -> None:
    twins = [CapView(id=9, name="late", max_open_units=3), CapView(id=4, name="early", max_open_units=3)]

    assert room(twins, qty=5, order_units=0).cap_name == "early"


def test_units_per_order_count_what_the_order_already_holds() -> None:
    left = room([CapView(id=1, name="two each", max_units_per_order=2)], qty=2, order_units=1)

    assert (left.allowed, left.field) == (1, CapField.PER_ORDER)


def test_units_per_customer_count_what_the_customer_already_holds() -> None:
    cap = CapView(id=1, name="fair", max_open_units=50, max_units_per_customer=4, customer_used=3)

    left = room([cap], qty=2, order_units=0)

    assert (left.allowed, left.field) == (1, CapField.PER_CUSTOMER)


def test_a_customer_without_units_has_the_whole_of_his_own() -> None:
    cap = CapView(id=1, name="fair", max_units_per_customer=4)

    assert room([cap], qty=2, order_units=0).allowed == 4


def test_a_cap_reaches_into_no_other_bucket_unless_it_says_so() -> None:
    cap = CapView(id=1, name="weekly", bucket=BucketKind.WEEK, buckets={W1: (9, 0), W2: (5, 1), W3: (9, 0)})

    assert room([cap], qty=20, order_units=0, on=W2).allowed == 4


def test_a_monitor_only_cap_is_reported_but_never_limits() -> None:
    watch = CapView(id=1, name="watch", max_open_units=3, used=0, monitor_only=True)

    left = room([watch], qty=4, order_units=0)

    assert left.allowed is None
    assert [(look.cap_name, look.room) for look in left.exceeded] == [("watch", 3)]
    assert room([watch], qty=3, order_units=0).exceeded == ()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, True),
        ({"category": "", "region": ""}, True),
        (
            {"sku_id": 7, "category": "chairs", "channel_id": 1, "region": "EU", "customer_class": "gold"},
            True,
        ),
        ({"sku_id": 8}, False),
        ({"category": "tables"}, False),
        ({"channel_id": 2}, False),
        ({"region": "US"}, False),
        ({"customer_class": "silver"}, False),
        ({"starts_on": W2, "ends_on": W2}, True),
        ({"starts_on": W3}, False),
        ({"ends_on": W2 - timedelta(days=1)}, False),
    ],
)
def test_a_cap_matches_when_every_scope_it_names_fits(scope: dict[str, Any], expected: bool) -> None:
    assert matches(CapView(id=1, name="cap", **scope), **LINE) is expected


def test_a_scoped_cap_does_not_match_a_line_without_that_dimension() -> None:
    assert not matches(CapView(id=1, name="vip", customer_class="gold"), **{**LINE, "customer_class": None})


def test_buckets_are_named_by_their_first_day() -> None:
    assert bucket_of(date(2026, 3, 15), BucketKind.WEEK) == W2
    assert bucket_of(W2, BucketKind.WEEK) == W2
    assert bucket_of(date(2026, 3, 31), BucketKind.MONTH) == date(2026, 3, 1)
    assert bucket_of(date(2026, 3, 31), BucketKind.NONE) == date(2026, 3, 31)


def test_reach_goes_backwards_nearest_first_and_then_forwards() -> None:
    assert reach_of(W2, kind=BucketKind.WEEK, backward=2, forward=1) == [W2, W1, W1 - timedelta(7), W3]
    assert reach_of(date(2026, 1, 1), kind=BucketKind.MONTH, backward=1, forward=1) == [
        date(2026, 1, 1),
        date(2025, 12, 1),
        date(2026, 2, 1),
    ]
    assert reach_of(W2, kind=BucketKind.NONE, backward=0, forward=1) == [W2, W2 + timedelta(1)]


def test_a_request_draws_on_its_own_week_and_finds_the_others_full() -> None:
    weeks = {W1: (30, 30), W2: (20, 5), W3: (40, 40)}

    assert consume(weeks, own=W2, qty=20, backward=1, forward=1) == ([(W2, 15)], 5)


def test_what_the_own_week_lacks_comes_from_before_then_from_after() -> None:
    weeks = {W1: (30, 27), W2: (20, 5), W3: (40, 39)}

    assert consume(weeks, own=W2, qty=20, backward=1, forward=1) == ([(W2, 15), (W1, 3), (W3, 1)], 1)
    assert consume(weeks, own=W2, qty=20, backward=0, forward=0) == ([(W2, 15)], 5)


def test_a_bucket_without_a_ceiling_takes_the_rest_and_a_missing_one_nothing() -> None:
    weeks = {W2: (20, 5), W3: (None, 900)}

    assert consume(weeks, own=W2, qty=20, backward=1, forward=1) == ([(W2, 15), (W3, 5)], 0)


def test_room_of_a_bucketed_cap_is_what_its_reach_still_takes() -> None:
    weeks = {W1: (30, 27), W2: (20, 5), W3: (40, 39)}
    cap = CapView(
        id=1, name="weekly", max_open_units=20, bucket=BucketKind.WEEK, backward=1, forward=1, buckets=weeks
    )

    assert room([cap], qty=20, order_units=0, on=W2 + timedelta(days=3)).allowed == 19
    assert room([cap], qty=20, order_units=0).allowed == 20


def test_a_bucketed_cap_with_an_unlimited_week_in_reach_is_unlimited() -> None:
    cap = CapView(id=1, name="weekly", bucket=BucketKind.WEEK, forward=1, buckets={W2: (0, 0), W3: (None, 0)})

    assert room([cap], qty=20, order_units=0, on=W2).allowed is None


def test_a_later_bucket_is_dated_on_its_first_working_day() -> None:
    calendar = Calendar(work_days=frozenset(range(5)), holidays=frozenset({W3}))

    assert first_working_day(W3, calendar) == date(2026, 3, 17)


def test_a_cap_without_buckets_is_drawn_from_its_one_counter() -> None:
    assert draw(CapView(id=1, name="all", max_open_units=9, used=2), qty=5, on=W2) == [(None, 5)]
    assert draw(CapView(id=1, name="all", max_open_units=9), qty=0, on=W2) == []


def test_the_worked_example_of_buckets() -> None:
    """Caps 30, 20, 40 with 30, 5, 40 used: of 20 for the second week 15 are had there, 5 nowhere."""
    weeks = {W1: (30, 30), W2: (20, 5), W3: (40, 40)}
    cap = CapView(id=1, name="weeks", bucket=BucketKind.WEEK, backward=1, forward=1, buckets=weeks)

    allowed = room([cap], qty=20, order_units=0, on=W2).allowed

    assert allowed == 15
    assert draw(cap, qty=allowed, on=W2) == [(W2, 15)]


def test_a_bucketed_cap_is_drawn_from_in_the_order_of_its_reach() -> None:
    weeks = {W1: (30, 27), W2: (20, 5), W3: (40, 39)}
    cap = CapView(id=1, name="weeks", bucket=BucketKind.WEEK, backward=1, forward=1, buckets=weeks)

    assert draw(cap, qty=19, on=W2 + timedelta(days=2)) == [(W2, 15), (W1, 3), (W3, 1)]


def test_a_cap_that_only_watches_counts_all_in_its_own_bucket() -> None:
    cap = CapView(id=1, name="w", bucket=BucketKind.WEEK, monitor_only=True, forward=1, buckets={W2: (1, 1)})

    assert draw(cap, qty=7, on=W2) == [(W2, 7)]


def test_what_was_drawn_last_is_given_back_first() -> None:
    drawn = [(1, 15), (2, 3), (3, 1)]

    assert give_back(drawn, 2) == [(3, 1), (2, 1)]
    assert give_back(drawn, 99) == [(3, 1), (2, 3), (1, 15)]
    assert give_back(drawn, 0) == []


@given(
    uses=st.lists(st.tuples(st.none() | st.integers(0, 30), st.integers(0, 40)), min_size=3, max_size=5),
    qty=st.integers(0, 100),
    cancelled=st.integers(0, 120),
)
def test_what_room_lets_through_is_drawn_whole_and_given_back_whole(
    uses: list[tuple[int | None, int]], qty: int, cancelled: int
) -> None:
    weeks = {W1 + timedelta(weeks=number): use for number, use in enumerate(uses)}
    cap = CapView(id=1, name="weeks", bucket=BucketKind.WEEK, backward=2, forward=2, buckets=weeks)
    allowed = room([cap], qty=qty, order_units=0, on=W2).allowed
    accepted = qty if allowed is None else min(qty, allowed)

    drawn = draw(cap, qty=accepted, on=W2)
    returned = give_back([(place, units) for place, (_, units) in enumerate(drawn)], cancelled)

    assert sum(units for _, units in drawn) == accepted
    assert sum(units for _, units in returned) == min(cancelled, accepted)
    assert all(units <= drawn[place][1] for place, units in returned)


def _floors(kind: ProtectionKind) -> list[Protection]:
    return [
        Protection(group="WEB", qty=30, priority=1, kind=kind),
        Protection(group="GOLD", qty=20, priority=2, kind=kind),
    ]


@pytest.mark.parametrize(("kind", "web_sees"), [(ProtectionKind.CORE, 30), (ProtectionKind.PRIORITISED, 50)])
def test_silver_leaves_the_floors_and_web_takes_what_its_kind_lets_it(
    kind: ProtectionKind, web_sees: int
) -> None:
    floors = _floors(kind)

    silver = min(70, visible_to("SILVER", atp=100, protections=floors))
    seen_by_web = visible_to("WEB", atp=100 - silver, protections=floors, group_priority=1)

    assert silver == 50
    assert seen_by_web == web_sees
    assert 50 - min(40, seen_by_web) == {30: 20, 50: 10}[web_sees]


def test_a_prioritised_floor_hides_nothing_from_its_equals() -> None:
    floors = _floors(ProtectionKind.PRIORITISED)

    assert visible_to("APP", atp=100, protections=floors, group_priority=2) == 70
    assert visible_to("APP", atp=100, protections=floors, group_priority=3) == 50


def test_somebody_of_two_groups_has_the_better_priority_and_both_floors() -> None:
    floors = [
        Protection(group="WEB", qty=30, priority=1, kind=ProtectionKind.PRIORITISED),
        Protection(group="GOLD", qty=20, priority=3, kind=ProtectionKind.PRIORITISED),
        Protection(group="EU", qty=10, priority=2, kind=ProtectionKind.PRIORITISED),
        Protection(group="UK", qty=5, priority=9, kind=ProtectionKind.CORE),
    ]

    def hidden(*groups: str) -> list[str]:
        return [floor.group for floor in hiding_from(groups, floors)]

    assert hidden("WEB", "GOLD") == ["UK"]
    assert hidden("GOLD") == ["WEB", "EU", "UK"]
    assert hidden("EU") == ["WEB", "UK"]
    assert hidden() == ["WEB", "GOLD", "EU", "UK"]


def test_a_consumed_floor_hides_only_its_rest() -> None:
    floors = [Protection(group="WEB", qty=30, consumed=25), Protection(group="GOLD", qty=5, consumed=9)]

    assert visible_to("SILVER", atp=100, protections=floors) == 95


def test_nobody_sees_less_than_nothing() -> None:
    assert visible_to("SILVER", atp=10, protections=_floors(ProtectionKind.CORE)) == 0


@given(
    uses=st.lists(st.tuples(st.none() | st.integers(0, 50), st.integers(0, 60)), min_size=1, max_size=6),
    own=st.integers(0, 5),
    qty=st.integers(0, 200),
    backward=st.integers(0, 3),
    forward=st.integers(0, 3),
)
def test_a_bucket_never_gives_more_than_its_room(
    uses: list[tuple[int | None, int]], own: int, qty: int, backward: int, forward: int
) -> None:
    weeks = {W1 + timedelta(weeks=number): use for number, use in enumerate(uses)}
    own_week = W1 + timedelta(weeks=own)

    taken, refused = consume(weeks, own=own_week, qty=qty, backward=backward, forward=forward)

    assert sum(units for _, units in taken) + refused == qty
    for week, units in taken:
        ceiling, used = weeks[week]
        assert ceiling is None or used + units <= ceiling
        assert own_week - timedelta(weeks=backward) <= week <= own_week + timedelta(weeks=forward)
