"""What must always hold of a match, a claim and a look-ahead, over small random worlds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from backorders.rules.atp import free_profile, look_ahead, projected
from backorders.rules.claiming import claim
from backorders.rules.matching import diff, match
from backorders.rules.types import Demand, Due, Peg, Supply, SupplyKind
from tests.rules.worlds import TODAY, day

NEVER = date.max
offsets = st.integers(-1, 8)
maybe_day = st.none() | offsets.map(day)
qtys = st.integers(1, 6)


@st.composite
def supply_lists(draw: st.DrawFn, most: int = 5, places: int = 1) -> list[Supply]:
    """A few supplies, some of the same day."""
    return [
        Supply(
            ref=100 + ref,
            kind=draw(st.sampled_from(SupplyKind)),
            qty=draw(st.integers(0, 8)),
            ready_on=day(draw(offsets)),
            location_id=draw(st.integers(1, places)),
        )
        for ref in range(draw(st.integers(0, most)))
    ]


@st.composite
def queues(
    draw: st.DrawFn,
    most: int = 7,
    promised: bool = True,
    wanted: bool = True,
    whole: bool = True,
    places: int = 0,
) -> list[Demand]:
    """A few demands in no particular order, some of the same rank."""
    return [
        Demand(
            ref=ref,
            qty=draw(qtys),
            rank=(draw(st.integers(0, 3)),),
            keep_by=draw(maybe_day) if promised else None,
            wanted_on=draw(maybe_day) if wanted else None,
            may_split=draw(st.booleans()) if whole else True,
            location_id=draw(st.none() | st.integers(1, places)) if places else None,
        )
        for ref in range(draw(st.integers(0, most)))
    ]


loose_queues = queues(whole=False)
any_queues = queues(places=2)
any_supplies = supply_lists(places=2)
first_come = queues(promised=False, wanted=False, whole=False)


def plan(demands: Sequence[Demand], supplies: Sequence[Supply]) -> list[Peg]:
    return match(demands, supplies, today=TODAY)


def given_by(pegs: Iterable[Peg], supplies: Iterable[Supply]) -> dict[int, Counter[date]]:
    """What each demand gets on each day."""
    ready = {s.ref: max(TODAY, s.ready_on) for s in supplies}
    given: defaultdict[int, Counter[date]] = defaultdict(Counter)
    for peg in pegs:
        given[peg.demand_ref][ready[peg.supply_ref]] += peg.qty
    return given


def done_on(demand: Demand, given: dict[int, Counter[date]]) -> date:
    """The day the whole quantity is ready; `NEVER` while any of it is short."""
    days = given.get(demand.ref, Counter())
    return max(days) if days.total() == demand.qty else NEVER


def kept(demands: Iterable[Demand], given: dict[int, Counter[date]]) -> int:
    """How many promises hold."""
    return sum(1 for d in demands if d.keep_by and done_on(d, given) <= d.keep_by)


def can_all_be_kept(demands: Iterable[Demand], supplies: Sequence[Supply]) -> bool:
    """Whether supply covers, by each promised day, all that is promised by then."""
    return all(
        sum(d.qty for d in demands if d.keep_by and d.keep_by <= by)
        <= sum(s.qty for s in supplies if max(TODAY, s.ready_on) <= by)
        for by in {d.keep_by for d in demands if d.keep_by}
    )


def most_that_can_be_kept(demands: Sequence[Demand], supplies: Sequence[Supply]) -> int:
    """The largest set of promises that can be kept together, by trying all."""
    promised = [d for d in demands if d.keep_by]
    sets = (chosen for size in range(len(promised), 0, -1) for chosen in combinations(promised, size))
    return len(next((chosen for chosen in sets if can_all_be_kept(chosen, supplies)), ()))


def plain_rank_order(demands: Sequence[Demand], supplies: Sequence[Supply]) -> list[Peg]:
    """Best rank first, earliest supply first, and nothing else."""
    left = {s.ref: s.qty for s in supplies}
    earliest = sorted(supplies, key=lambda s: (max(TODAY, s.ready_on), -s.trust, s.ref))
    pegs: list[Peg] = []
    for demand in sorted(demands, key=lambda d: (d.rank, d.ref)):
        missing = demand.qty
        for supply in earliest:
            qty = min(missing, left[supply.ref])
            if (
                demand.location_id in (None, supply.location_id)
                and qty
                and (demand.may_split or qty == demand.qty)
            ):
                pegs.append(Peg(demand.ref, supply.ref, qty))
                left[supply.ref] -= qty
                missing -= qty
    return pegs


# -- every match


@given(any_queues, any_supplies)
def test_never_more_than_supply_nor_more_than_wanted(demands: list[Demand], supplies: list[Supply]) -> None:
    taken: Counter[int] = Counter()
    got: Counter[int] = Counter()
    for peg in plan(demands, supplies):
        assert peg.qty > 0
        taken[peg.supply_ref] += peg.qty
        got[peg.demand_ref] += peg.qty

    assert all(taken[s.ref] <= s.qty for s in supplies)
    assert all(got[d.ref] <= d.qty for d in demands)


@given(any_queues, any_supplies)
def test_a_line_gets_one_supply_and_its_own_location_if_it_says_so(
    demands: list[Demand], supplies: list[Supply]
) -> None:
    place = {s.ref: s.location_id for s in supplies}
    wanted = {d.ref: d for d in demands}

    for peg in plan(demands, supplies):
        demand = wanted[peg.demand_ref]
        assert demand.location_id in (None, place[peg.supply_ref])
        assert demand.may_split or peg.qty == demand.qty


@given(any_queues, any_supplies, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    demands: list[Demand], supplies: list[Supply], random: Random
) -> None:
    shuffled, mixed = list(demands), list(supplies)
    random.shuffle(shuffled)
    random.shuffle(mixed)

    assert plan(shuffled, mixed) == plan(demands, supplies)


@given(any_queues, any_supplies)
def test_running_again_changes_nothing(demands: list[Demand], supplies: list[Supply]) -> None:
    once = plan(demands, supplies)
    again = match(demands, supplies, today=TODAY, current=once)

    assert not diff(once, again)


@given(loose_queues, supply_lists(), st.data())
def test_what_is_held_changes_no_day_while_all_promises_can_be_kept(
    demands: list[Demand], supplies: list[Supply], data: st.DataObject
) -> None:
    assume(can_all_be_kept(demands, supplies))
    refs = st.sampled_from([s.ref for s in supplies] or [100])
    held = data.draw(st.lists(st.builds(Peg, st.integers(0, 6), refs, qtys), max_size=6))

    with_held = match(demands, supplies, today=TODAY, current=held)

    assert given_by(with_held, supplies) == given_by(plan(demands, supplies), supplies)


@given(any_queues, any_supplies)
def test_the_worst_ranked_without_a_promise_changes_nobody(
    demands: list[Demand], supplies: list[Supply]
) -> None:
    # With a location like all others: the first demand for any place makes one plan of several.
    pinned = all(d.location_id for d in demands)
    last = Demand(ref=99, qty=3, rank=(9,), location_id=1 if pinned else None)

    with_last = [peg for peg in plan([*demands, last], supplies) if peg.demand_ref != last.ref]

    assert given_by(with_last, supplies) == given_by(plan(demands, supplies), supplies)


@given(loose_queues, supply_lists())
def test_nothing_stays_free_while_somebody_is_short(demands: list[Demand], supplies: list[Supply]) -> None:
    given_qty = sum(peg.qty for peg in plan(demands, supplies))

    assert given_qty == min(sum(d.qty for d in demands), sum(s.qty for s in supplies))


# -- promises


@given(loose_queues, supply_lists())
def test_the_fewest_promises_break(demands: list[Demand], supplies: list[Supply]) -> None:
    held = kept(demands, given_by(plan(demands, supplies), supplies))

    assert held == most_that_can_be_kept(demands, supplies)


@given(any_queues, any_supplies)
def test_never_fewer_promises_kept_than_in_plain_rank_order(
    demands: list[Demand], supplies: list[Supply]
) -> None:
    plain = plain_rank_order(demands, supplies)

    assert kept(demands, given_by(plan(demands, supplies), supplies)) >= kept(
        demands, given_by(plain, supplies)
    )


@given(loose_queues, supply_lists(), st.data())
def test_more_supply_never_breaks_more_promises(
    demands: list[Demand], supplies: list[Supply], data: st.DataObject
) -> None:
    more = [replace(s, qty=s.qty + data.draw(st.integers(0, 3))) for s in supplies]

    before, after = plan(demands, supplies), plan(demands, more)

    assert kept(demands, given_by(after, more)) >= kept(demands, given_by(before, supplies))


# -- first come, first served: nobody promised, all may be split


@given(first_come, supply_lists())
def test_without_promises_it_is_plain_rank_order(demands: list[Demand], supplies: list[Supply]) -> None:
    assert given_by(plan(demands, supplies), supplies) == given_by(
        plain_rank_order(demands, supplies), supplies
    )


@given(queues(promised=False, whole=False), supply_lists(), st.data())
def test_more_supply_makes_nobody_later_than_before_or_than_wanted(
    demands: list[Demand], supplies: list[Supply], data: st.DataObject
) -> None:
    more = [replace(s, qty=s.qty + data.draw(st.integers(0, 3))) for s in supplies]

    before, after = given_by(plan(demands, supplies), supplies), given_by(plan(demands, more), more)

    for demand in demands:
        assert done_on(demand, after) <= max(done_on(demand, before), demand.wanted_on or TODAY)


@given(first_come, supply_lists(), st.data())
def test_a_slip_makes_nobody_earlier(
    demands: list[Demand], supplies: list[Supply], data: st.DataObject
) -> None:
    slipped = [
        replace(s, ready_on=s.ready_on + (day(data.draw(st.integers(0, 4))) - TODAY)) for s in supplies
    ]

    before, after = given_by(plan(demands, supplies), supplies), given_by(plan(demands, slipped), slipped)

    assert all(done_on(d, after) >= done_on(d, before) for d in demands)


@given(first_come, supply_lists())
def test_dropping_the_worst_ranked_changes_nobody_for_the_worse(
    demands: list[Demand], supplies: list[Supply]
) -> None:
    others = sorted(demands, key=lambda d: (d.rank, d.ref))[:-1]

    before, after = given_by(plan(demands, supplies), supplies), given_by(plan(others, supplies), supplies)

    assert all(after[d.ref] == before[d.ref] for d in others)


# -- claims and look-ahead

free_supplies = supply_lists()
shorts_lists = st.lists(st.builds(Due, offsets.map(day), qtys), max_size=3)


@given(free_supplies, shorts_lists, st.integers(0, 4), st.integers(1, 20), maybe_day)
def test_a_claim_makes_no_later_day_shorter_than_it_was(
    supplies: list[Supply], shorts: list[Due], reserve: int, qty: int, wanted_on: date | None
) -> None:
    made = claim(qty=qty, supplies=supplies, reserve=reserve, shorts=shorts, wanted_on=wanted_on, today=TODAY)

    left = Counter({s.ref: s.qty for s in supplies})
    left.subtract(dict(made.pegs))
    rest = [replace(s, qty=left[s.ref]) for s in supplies]
    assert min(left.values(), default=0) >= 0
    for on in [day(offset) for offset in range(9)]:
        before, after = (balance(world, shorts, reserve, on) for world in (supplies, rest))
        assert after >= min(before, 0)


@given(free_supplies, shorts_lists, st.integers(0, 4), st.integers(1, 20))
def test_a_claim_is_as_much_and_as_early_as_the_profile_allows(
    supplies: list[Supply], shorts: list[Due], reserve: int, qty: int
) -> None:
    made = claim(qty=qty, supplies=supplies, reserve=reserve, shorts=shorts, today=TODAY)

    for row in free_profile(today=TODAY, supplies=supplies, reserve=reserve, shorts=shorts):
        assert sum(part.qty for part in made.parts if part.ready_on <= row.on) == min(qty, row.atp)


@given(free_supplies, shorts_lists, st.integers(0, 4), st.integers(1, 20), maybe_day)
def test_a_claim_in_whole_takes_one_supply_or_nothing(
    supplies: list[Supply], shorts: list[Due], reserve: int, qty: int, wanted_on: date | None
) -> None:
    made = claim(
        qty=qty,
        supplies=supplies,
        reserve=reserve,
        shorts=shorts,
        wanted_on=wanted_on,
        today=TODAY,
        may_split=False,
    )

    assert (len(made.pegs), made.short) in {(1, 0), (0, qty)}


@given(st.integers(-5, 20), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=8))
def test_what_look_ahead_allows_can_be_added_and_no_more(opening: int, moves: list[tuple[int, int]]) -> None:
    arrivals, demands = [a for a, _ in moves], [d for _, d in moves]
    balances = projected(opening, arrivals, demands)

    for bucket, atp in enumerate(look_ahead(balances)):
        lowest = min(balances[bucket:])
        assert atp == max(0, lowest)
        assert all(balance - atp >= min(0, lowest) for balance in balances[bucket:])


def balance(supplies: Sequence[Supply], shorts: Sequence[Due], reserve: int, on: date) -> int:
    """What is free by a day less what those who wait need by then."""
    ready = sum(s.qty for s in supplies if max(TODAY, s.ready_on) <= on)
    return ready - reserve - sum(due.qty for due in shorts if max(TODAY, due.on) <= on)
