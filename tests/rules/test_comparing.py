"""Who gains from whom, and churn."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from backorders.rules.comparing import Moved, Swaps, churn, churned, moves, swaps
from backorders.rules.runs import RunClass, RunRow, run
from backorders.rules.types import Peg

DATES = {1: date(2026, 3, 5), 2: date(2026, 3, 5), 3: date(2026, 3, 9)}


def test_the_best_gains_eat_the_worst_losses() -> None:
    rows = [
        RunRow(line_id=1, cls=RunClass.WIN, requested=5, previous=0, rank=(1,)),
        RunRow(line_id=2, cls=RunClass.WIN, requested=4, previous=1, rank=(2,)),
        RunRow(line_id=3, cls=RunClass.LOSE, requested=9, previous=4, rank=(3,)),
        RunRow(line_id=4, cls=RunClass.LOSE, requested=9, previous=3, rank=(4,)),
        RunRow(line_id=5, cls=RunClass.SKIP, requested=9, previous=3, rank=(5,)),
    ]

    assert moves(rows[::-1], run(rows, supply=12)) == [
        Moved(line_id=1, before=0, after=5, swaps=((4, 3), (3, 2))),
        Moved(line_id=2, before=1, after=4, swaps=((3, 2),)),
        Moved(line_id=3, before=4, after=0, swaps=((1, 2), (2, 2))),
        Moved(line_id=4, before=3, after=0, swaps=((1, 3),)),
    ]


def test_units_from_nobody_and_to_nobody_have_no_counterpart() -> None:
    gains = [RunRow(line_id=1, requested=5, previous=2)]
    losses = [RunRow(line_id=1, cls=RunClass.LOSE, requested=5, previous=2)]

    assert moves(gains, run(gains, supply=9)) == [Moved(line_id=1, before=2, after=5)]
    assert moves(losses, run(losses, supply=2)) == [Moved(line_id=1, before=2, after=0)]


def test_an_aborted_run_moves_nobody() -> None:
    rows = [RunRow(line_id=1, cls=RunClass.WIN, requested=5), RunRow(line_id=2, requested=2, previous=2)]

    assert moves(rows, run(rows, supply=2)) == []


def test_churn_counts_lines_shuffled_without_any_change_of_quantity_or_date() -> None:
    before = [Peg(1, 1, 5), Peg(2, 2, 5), Peg(3, 1, 2), Peg(4, 3, 1)]
    after = [Peg(1, 2, 5), Peg(2, 3, 5), Peg(3, 1, 1), Peg(3, 2, 1), Peg(4, 3, 2)]

    assert churn(before=before, after=after, ready_on=DATES) == Fraction(1, 2)


def test_the_same_pegs_in_other_pieces_are_no_churn() -> None:
    before, after = [Peg(1, 1, 2), Peg(1, 1, 3)], [Peg(1, 1, 5)]

    assert churn(before=before, after=after, ready_on=DATES) == Fraction(0)


def test_lines_that_come_or_go_are_no_churn() -> None:
    assert churn(before=[Peg(1, 1, 2)], after=[Peg(2, 1, 2), Peg(3, 1, 1)], ready_on=DATES) == Fraction(0)


def test_churn_is_an_exact_share() -> None:
    before = [Peg(1, 1, 2), Peg(2, 1, 2), Peg(3, 1, 2)]
    after = [Peg(1, 2, 2), Peg(2, 1, 2), Peg(3, 1, 2)]

    assert churn(before=before, after=after, ready_on=DATES) == Fraction(1, 3)


def test_no_lines_have_no_churn() -> None:
    assert churn(before=[], after=[], ready_on={}) is None


def test_of_each_supply_the_best_gain_eats_the_worst_loss() -> None:
    before = [Peg(1, 1, 5), Peg(2, 1, 3), Peg(3, 2, 4)]
    after = [Peg(3, 1, 4), Peg(4, 1, 4), Peg(1, 2, 4)]
    rank = {1: (1,), 2: (2,), 3: (3,), 4: (4,)}

    assert swaps(before=before, after=after, rank=rank) == Swaps(
        lost_to={2: [(3, 3)], 1: [(4, 4), (3, 1)], 3: [(1, 4)]},
        gained_from={3: [(2, 3), (1, 1)], 4: [(1, 4)], 1: [(3, 4)]},
    )
    assert churned(before=before, after=after) == 12
    assert churned(before=before, after=before) == 0
