"""The four states, the split into now and later, the reasons, and which rule decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backorders.rules.claiming import Claim, claim
from backorders.rules.states import (
    Answer,
    CapRoom,
    Question,
    RuleScope,
    RuleView,
    SkuStatus,
    choose_rule,
    countable,
    judge,
)
from backorders.rules.types import Reason, RuleMode, State, Supply, SupplyKind, WaitMode
from tests.rules.worlds import TODAY, day, inbound, stock

BACKORDERS = RuleView(id=1, mode=RuleMode.BACKORDER)
DENY = RuleView(id=2, mode=RuleMode.DENY)
PREORDERS = RuleView(id=3, mode=RuleMode.PREORDER)
SOON = [stock(1, 6), inbound(2, 10, 8)]


def asked(qty: int, supplies: list[Supply] = SOON, latest_on: date | None = None, **fields: Any) -> Question:
    made = claim(qty=qty, supplies=supplies, today=TODAY, latest_on=latest_on)
    return Question(**{"qty": qty, "today": TODAY, "claim": made, "rule": BACKORDERS, **fields})


def split(answer: Answer) -> tuple[State, int, int, int, Reason | None]:
    return answer.state, answer.now_qty, answer.later_qty, answer.refused_qty, answer.reason


def pegs(answer: Answer) -> tuple[tuple[int, int], ...] | None:
    return answer.claim.pegs if answer.claim else None


# -- now and later


def test_stock_that_covers_all_is_in_stock() -> None:
    answer = judge(asked(6))

    assert split(answer) == (State.IN_STOCK, 6, 0, 0, None)
    assert pegs(answer) == ((1, 6),)


def test_in_stock_needs_no_rule_that_lets_wait() -> None:
    assert split(judge(asked(6, rule=DENY))) == (State.IN_STOCK, 6, 0, 0, None)
    assert split(judge(asked(6, rule=None))) == (State.IN_STOCK, 6, 0, 0, None)


def test_ten_asked_six_free_are_six_now_and_four_late() -> None:
    answer = judge(asked(10))

    assert split(answer) == (State.BACKORDER, 6, 4, 0, None)
    assert (pegs(answer), answer.mode) == (((1, 6), (2, 4)), WaitMode.ACCIDENTAL)


def test_half_now_and_half_later_is_one_claim() -> None:
    assert pegs(judge(asked(12))) == ((1, 6), (2, 6))


def test_fifteen_of_ten_on_hand_and_three_backorderable() -> None:
    cap = CapRoom(room=3, name="Spring")
    answer = judge(asked(15, [stock(1, 10), inbound(2, 50, 8)], cap=cap))

    assert split(answer) == (State.OUT_OF_STOCK, 10, 3, 2, Reason.CAP_REACHED)
    assert (answer.cap_name, pegs(answer)) == ("Spring", ((1, 10), (2, 3)))


def test_the_stock_part_is_still_offered_when_nothing_may_wait() -> None:
    answer = judge(asked(10, rule=DENY))

    assert split(answer) == (State.OUT_OF_STOCK, 6, 0, 4, Reason.RULE_DENIES)
    assert pegs(answer) == ((1, 6),)


def test_nothing_at_all_leaves_no_claim() -> None:
    answer = judge(asked(3, []))

    assert split(answer) == (State.OUT_OF_STOCK, 0, 0, 3, Reason.NO_SUPPLY)
    assert answer.claim is None


def test_an_untracked_sku_is_always_in_stock_and_never_waits() -> None:
    question = asked(99, [], is_tracked=False, rule=None, status=SkuStatus.DISCONTINUED)

    assert judge(question) == Answer(State.IN_STOCK, WaitMode.ACCIDENTAL, None, 99, 0, 0, None)


# -- why not


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"rule": None}, Reason.RULE_DENIES),
        ({"rule": DENY}, Reason.RULE_DENIES),
        ({"rule": PREORDERS}, Reason.RULE_DENIES),
        ({"rule": replace(BACKORDERS, valid_to=day(-1))}, Reason.WINDOW_CLOSED),
        ({"rule": replace(BACKORDERS, valid_from=day(1))}, Reason.WINDOW_CLOSED),
        ({"rule": replace(BACKORDERS, max_volatility=0.5), "volatility": 0.51}, Reason.TOO_VOLATILE),
        ({"rule": replace(BACKORDERS, needs_open_purchase=True)}, Reason.NO_SUPPLY),
    ],
)
def test_what_the_rule_refuses(fields: dict[str, Any], reason: Reason) -> None:
    assert split(judge(asked(10, **fields))) == (State.OUT_OF_STOCK, 6, 0, 4, reason)


@pytest.mark.parametrize(
    "fields",
    [
        {"rule": replace(BACKORDERS, valid_from=TODAY, valid_to=TODAY)},
        {"rule": replace(BACKORDERS, max_volatility=0.5), "volatility": 0.5},
        {"rule": replace(BACKORDERS, max_volatility=0.5), "volatility": None},
        {"rule": replace(BACKORDERS, needs_open_purchase=True), "has_open_purchase": True},
        {"rule": BACKORDERS, "status": SkuStatus.DISCONTINUED},
        {"rule": BACKORDERS, "has_active_supplier": False},
        {"cap": CapRoom(room=4, name="just enough")},
        {"launch_on": TODAY, "status": SkuStatus.UNRELEASED},
    ],
)
def test_what_the_rule_just_allows(fields: dict[str, Any]) -> None:
    assert split(judge(asked(10, **fields))) == (State.BACKORDER, 6, 4, 0, None)


def test_what_supply_does_not_cover_is_refused_with_its_reason() -> None:
    answer = judge(asked(20))

    assert split(answer) == (State.OUT_OF_STOCK, 6, 10, 4, Reason.NO_SUPPLY)
    assert pegs(answer) == ((1, 6), (2, 10))


def test_an_inactive_supplier_is_named_when_supply_is_lacking() -> None:
    answer = judge(asked(20, has_active_supplier=False))

    assert split(answer) == (State.OUT_OF_STOCK, 6, 10, 4, Reason.SUPPLIER_INACTIVE)


def test_a_discontinued_sku_sells_what_still_comes_and_no_more() -> None:
    question = asked(20, status=SkuStatus.DISCONTINUED)

    assert split(judge(question)) == (State.OUT_OF_STOCK, 6, 10, 4, Reason.DISCONTINUED)


def test_discontinued_says_more_than_a_rule_that_denies() -> None:
    nothing_comes = asked(7, [stock(1, 6)], status=SkuStatus.DISCONTINUED, rule=DENY)
    something_comes = asked(7, status=SkuStatus.DISCONTINUED, rule=DENY)

    assert judge(nothing_comes).reason is Reason.DISCONTINUED
    assert judge(something_comes).reason is Reason.RULE_DENIES


def test_supply_beyond_the_longest_wait_is_too_late_rather_than_lacking() -> None:
    rule = replace(BACKORDERS, longest_wait_days=7)
    latest_on = rule.latest_on(TODAY)
    question = asked(10, latest_on=latest_on, rule=rule, status=SkuStatus.DISCONTINUED)

    assert latest_on == day(7)
    assert split(judge(question)) == (State.OUT_OF_STOCK, 6, 0, 4, Reason.WAIT_TOO_LONG)
    assert BACKORDERS.latest_on(TODAY) is None


# -- caps


def test_a_cap_limits_only_what_waits() -> None:
    shut = CapRoom(room=0, name="No backorders")

    assert split(judge(asked(6, cap=shut))) == (State.IN_STOCK, 6, 0, 0, None)
    assert split(judge(asked(10, cap=shut))) == (State.OUT_OF_STOCK, 6, 0, 4, Reason.CAP_REACHED)


def test_a_cap_already_overrun_leaves_no_room() -> None:
    answer = judge(asked(10, cap=CapRoom(room=-5, name="Cut")))

    assert split(answer) == (State.OUT_OF_STOCK, 6, 0, 4, Reason.CAP_REACHED)


def test_a_cap_with_room_for_more_than_comes_is_not_the_reason() -> None:
    answer = judge(asked(30, cap=CapRoom(room=10, name="Ten")))

    assert split(answer) == (State.OUT_OF_STOCK, 6, 10, 14, Reason.NO_SUPPLY)
    assert answer.cap_name == ""


@pytest.mark.parametrize("reason", [Reason.ORDER_LIMIT, Reason.CUSTOMER_LIMIT])
def test_a_limit_per_order_or_customer_is_named_as_such(reason: Reason) -> None:
    answer = judge(asked(10, cap=CapRoom(room=1, name="Two each", reason=reason)))

    assert split(answer) == (State.OUT_OF_STOCK, 6, 1, 3, reason)
    assert answer.cap_name == "Two each"


# -- preorders


def test_before_launch_all_of_it_is_a_preorder_even_with_stock_here() -> None:
    answer = judge(asked(10, rule=PREORDERS, launch_on=day(9)))

    assert split(answer) == (State.PREORDER, 0, 10, 0, None)
    assert (answer.mode, pegs(answer)) == (WaitMode.PREORDER, ((1, 6), (2, 4)))


def test_a_preorder_beyond_its_cap_gives_up_stock_too() -> None:
    answer = judge(asked(10, rule=PREORDERS, launch_on=day(9), cap=CapRoom(room=5, name="Five")))

    assert split(answer) == (State.OUT_OF_STOCK, 0, 5, 5, Reason.CAP_REACHED)
    assert pegs(answer) == ((1, 5),)


@pytest.mark.parametrize(
    ("mode", "wait"),
    [
        (RuleMode.LIMITED_DROP, WaitMode.LIMITED_DROP),
        (RuleMode.MADE_TO_ORDER, WaitMode.MADE_TO_ORDER),
        (RuleMode.CAPITAL_LIGHT, WaitMode.CAPITAL_LIGHT),
    ],
)
def test_an_intended_mode_allows_both_preorders_and_backorders(mode: RuleMode, wait: WaitMode) -> None:
    rule = RuleView(id=1, mode=mode)
    before, after = judge(asked(9, rule=rule, launch_on=day(1))), judge(asked(9, rule=rule))

    assert (before.state, before.mode) == (State.PREORDER, wait)
    assert (after.state, after.mode) == (State.BACKORDER, wait)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"rule": None, "launch_on": day(9)}, Reason.NOT_LAUNCHED),
        ({"rule": BACKORDERS, "launch_on": day(9)}, Reason.NOT_LAUNCHED),
        ({"rule": PREORDERS, "status": SkuStatus.UNRELEASED}, Reason.NOT_LAUNCHED),
        ({"rule": replace(PREORDERS, valid_to=day(-1)), "launch_on": day(9)}, Reason.WINDOW_CLOSED),
        ({"rule": replace(PREORDERS, longest_wait_days=8), "launch_on": day(9)}, Reason.WAIT_TOO_LONG),
        ({"rule": replace(PREORDERS, needs_open_purchase=True), "launch_on": day(9)}, Reason.NO_SUPPLY),
    ],
)
def test_what_may_not_be_preordered(fields: dict[str, Any], reason: Reason) -> None:
    answer = judge(asked(6, **fields))

    assert split(answer) == (State.OUT_OF_STOCK, 0, 0, 6, reason)
    assert answer.claim is None


def test_a_launch_on_the_last_day_of_the_longest_wait_may_be_preordered() -> None:
    rule = replace(PREORDERS, longest_wait_days=9)

    assert judge(asked(6, rule=rule, launch_on=day(9))).state is State.PREORDER


# -- what may be claimed


@pytest.mark.parametrize(
    ("fields", "refs"),
    [
        ({"rule": None}, [1, 2, 3]),
        ({"rule": BACKORDERS}, [1, 2, 3]),
        ({"rule": replace(BACKORDERS, kinds=frozenset({SupplyKind.PURCHASE}))}, [1, 2]),
        ({"rule": replace(BACKORDERS, kinds=frozenset({SupplyKind.PLANNED}))}, [1, 3]),
        ({"rule": BACKORDERS, "status": SkuStatus.DISCONTINUED}, [1, 2]),
        ({"rule": BACKORDERS, "has_active_supplier": False}, [1, 2]),
        ({"rule": BACKORDERS, "status": SkuStatus.UNRELEASED}, [1, 2, 3]),
    ],
)
def test_stock_and_the_kinds_of_the_rule_may_be_claimed(fields: dict[str, Any], refs: list[int]) -> None:
    supplies = [stock(1, 5), inbound(2, 5, 4), inbound(3, 5, 9, kind=SupplyKind.PLANNED)]

    assert [supply.ref for supply in countable(supplies, **fields)] == refs


def test_a_rule_says_no_more_than_it_must() -> None:
    assert RuleView(id=1, mode=RuleMode.DENY) == RuleView(
        id=1,
        mode=RuleMode.DENY,
        version=1,
        safety_stock=0,
        oversell_qty=0,
        kinds=frozenset(),
        needs_open_purchase=False,
        longest_wait_days=None,
        service_level=0.9,
        least_buffer_days=0,
        max_volatility=None,
        split=True,
        valid_from=None,
        valid_to=None,
    )


# -- which rule


LINE: dict[str, Any] = {
    "sku_id": 7,
    "category": "chairs",
    "supplier_ids": {3},
    "channel_id": 1,
    "region": "EU",
    "today": TODAY,
}
LADDER = [
    {"sku_id": 7, "channel_id": 1, "region": "EU"},
    {"sku_id": 7, "channel_id": 1},
    {"sku_id": 7, "region": "EU"},
    {"sku_id": 7},
    {"category": "chairs", "supplier_id": 3},
    {"category": "chairs", "channel_id": 1},
    {"category": "chairs"},
    {"supplier_id": 3, "region": "EU"},
    {"supplier_id": 3},
    {"channel_id": 1},
    {"region": "EU"},
    {},
]


def scope(rule_id: int, mode: RuleMode = RuleMode.BACKORDER, **fields: Any) -> RuleScope:
    window = {key: fields.pop(key) for key in ("valid_from", "valid_to") if key in fields}
    return RuleScope(rule=RuleView(id=rule_id, mode=mode, **window), **fields)


def chosen(rules: list[RuleScope], **fields: Any) -> int | None:
    found = choose_rule(rules, **{**LINE, **fields})
    return found.rule.id if found else None


@pytest.mark.parametrize("step", range(len(LADDER)))
def test_the_most_specific_rule_wins(step: int) -> None:
    less_specific = [scope(n, priority=n, **LADDER[n]) for n in reversed(range(step, len(LADDER)))]  # type: ignore[arg-type]

    assert chosen(less_specific) == step


@pytest.mark.parametrize(
    "other",
    [{"sku_id": 8}, {"category": "beds"}, {"supplier_id": 4}, {"channel_id": 2}, {"region": "US"}],
)
def test_a_rule_for_something_else_does_not_match(other: dict[str, Any]) -> None:
    assert chosen([scope(1, **other)]) is None


def test_ties_go_to_the_higher_priority_then_the_lower_id() -> None:
    assert chosen([scope(1), scope(2, priority=1)]) == 2
    assert chosen([scope(2), scope(1)]) == 1


def test_a_rule_is_valid_from_its_first_to_its_last_day() -> None:
    rule = scope(1, valid_from=day(0), valid_to=day(2))

    assert [chosen([rule], today=day(n)) for n in (-1, 0, 2, 3)] == [None, 1, 1, None]


def test_a_closed_rule_gives_way_to_a_wider_open_one() -> None:
    closed, wide = scope(1, sku_id=7, valid_to=day(-1)), scope(2)

    assert chosen([closed, wide]) == 2
    assert chosen([closed, wide], or_closed=True) == 2
    assert chosen([closed], or_closed=True) == 1
    assert chosen([closed]) is None


def test_an_empty_claim_is_judged_like_no_supply() -> None:
    question = Question(qty=2, today=TODAY, claim=Claim((), None, 2, 0), rule=BACKORDERS)

    assert split(judge(question)) == (State.OUT_OF_STOCK, 0, 0, 2, Reason.NO_SUPPLY)
