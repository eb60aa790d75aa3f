"""Supply by ready day: what is left, what is spoken for, and how one ask draws on it."""

from typing import Any

from backorders.rules.buckets import Ask, Buckets, Take, draw
from backorders.rules.types import SupplyKind
from tests.rules.worlds import TODAY, day, inbound, stock, waits


def three_days() -> Buckets:
    """Five today, three on day 4 in two supplies, six on day 9."""
    return Buckets([stock(1, 5), inbound(2, 2, 4), inbound(3, 1, 4), inbound(4, 6, 9)], TODAY)


def ask(qty: int, *, is_bound: bool = False, **fields: Any) -> Ask:
    return Ask(waits(1, qty, **fields), qty, due=-1, wanted=-1, is_bound=is_bound)


def test_supplies_of_one_day_share_a_bucket_the_surest_first() -> None:
    buckets = Buckets(
        [inbound(3, 1, 4), inbound(2, 1, 4, kind=SupplyKind.TRANSFER), inbound(1, 4, -3), inbound(9, 0, 2)],
        TODAY,
    )

    assert buckets.days == [TODAY, day(4)]
    assert [[s.ref for s in group] for group in buckets.supplies] == [[1], [2, 3]]
    assert (buckets.left, buckets.slack, buckets.room) == ([4, 2], [4, 6], {1: 4, 2: 1, 3: 1})


def test_the_last_bucket_by_a_day() -> None:
    buckets = three_days()

    assert [buckets.last_by(day(n)) for n in (-1, 0, 3, 4, 8, 9, 99)] == [-1, 0, 0, 1, 1, 2, 2]
    assert buckets.last_by(None) == -1


def test_what_stands_at_a_later_bucket_limits_the_earlier_ones() -> None:
    buckets = three_days()

    buckets.stand(1, 6)

    assert buckets.slack == [5, 2, 8]
    assert [buckets.spare(b) for b in range(3)] == [2, 2, 6]


def test_nothing_may_be_taken_before_a_bucket_that_is_spoken_for() -> None:
    buckets = three_days()
    assert buckets.first_open() == 0

    buckets.stand(1, 8)
    assert buckets.first_open() == 2

    buckets.stand(2, 6)
    assert buckets.first_open() == 3


def test_a_take_can_be_undone() -> None:
    buckets = three_days()
    take = Take(1, 2, 2)

    buckets.apply(take)
    assert (buckets.left, buckets.slack, buckets.room[2]) == ([5, 1, 6], [5, 6, 12], 0)

    buckets.undo(take)
    assert (buckets.left, buckets.slack, buckets.room[2]) == ([5, 3, 6], [5, 8, 14], 2)


def test_a_loose_ask_passes_over_empty_buckets() -> None:
    buckets = three_days()
    draw(buckets, ask(3), [1])

    assert draw(buckets, ask(7), range(3)) == [Take(0, None, 5), Take(2, None, 2)]
    assert draw(buckets, ask(7), range(3)) == [Take(2, None, 4)]


def test_a_bound_ask_passes_over_empty_buckets_too() -> None:
    buckets = three_days()
    draw(buckets, ask(5), [0])

    assert draw(buckets, ask(3, is_bound=True, may_split=False), range(3)) == [Take(2, 4, 3)]


def test_a_bound_ask_takes_what_it_has_then_the_tightest_then_the_surest() -> None:
    bound = ask(1, is_bound=True, may_split=False)

    assert draw(three_days(), bound, [1]) == [Take(1, 2, 1)]
    assert draw(three_days(), bound, [1], tightest_first=True) == [Take(1, 3, 1)]
    assert draw(three_days(), bound, [1], has_now={3}) == [Take(1, 3, 1)]
    assert draw(three_days(), bound, [1], has_now={2}, tightest_first=True) == [Take(1, 2, 1)]
