"""What a withdrawal makes of each unit: nothing is lost, and what is easiest to stop is taken first."""

from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.withdrawing import DONE, Became, Held, Part, settle


def _held(**more: int | bool | None) -> Held:
    return Held(**{"line_no": 1, "loose_qty": 3, "at_warehouse_qty": 2, "sent_qty": 4} | more)  # type: ignore[arg-type]


def test_the_whole_line_is_cancelled_stopped_and_sent_back() -> None:
    assert settle([_held()], is_granted=True, is_in_time=True) == [
        Part(1, 3, Became.CANCELLED),
        Part(1, 2, Became.AT_WAREHOUSE),
        Part(1, 4, Became.RETURN),
    ]


def test_of_a_part_the_loose_units_go_first() -> None:
    assert settle([_held(wanted_qty=4)], is_granted=True, is_in_time=True) == [
        Part(1, 3, Became.CANCELLED),
        Part(1, 1, Became.AT_WAREHOUSE),
    ]


def test_after_the_period_only_what_was_not_sent_is_withdrawn_from() -> None:
    assert settle([_held(at_warehouse_qty=0)], is_granted=True, is_in_time=False) == [
        Part(1, 3, Became.CANCELLED),
        Part(1, 4, Became.TOO_LATE),
    ]


def test_made_to_order_is_excepted_whole() -> None:
    assert settle([_held(is_excepted=True)], is_granted=True, is_in_time=True) == [
        Part(1, 9, Became.EXCEPTED)
    ]


def test_where_no_law_grants_it_nothing_is_done() -> None:
    assert settle([_held()], is_granted=False, is_in_time=True) == [Part(1, 9, Became.NO_RIGHT)]


def test_nothing_wanted_and_nothing_there_are_not_spoken_of() -> None:
    empty = _held(loose_qty=0, at_warehouse_qty=0, sent_qty=0)

    assert settle([_held(wanted_qty=0), empty], is_granted=True, is_in_time=True) == []


QTY = st.integers(0, 20)
HELD = st.builds(
    Held,
    line_no=st.integers(1, 9),
    loose_qty=QTY,
    at_warehouse_qty=QTY,
    sent_qty=QTY,
    wanted_qty=st.none() | st.integers(0, 99),
    is_excepted=st.booleans(),
)


@given(HELD, st.booleans(), st.booleans())
def test_every_unit_wanted_becomes_exactly_one_thing(held: Held, is_granted: bool, is_in_time: bool) -> None:
    parts = settle([held], is_granted=is_granted, is_in_time=is_in_time)
    wanted = held.total if held.wanted_qty is None else min(held.wanted_qty, held.total)

    assert sum(part.qty for part in parts) == wanted
    assert all(part.qty > 0 for part in parts)
    if held.is_excepted or not is_granted:
        assert not any(part.became in DONE for part in parts)
