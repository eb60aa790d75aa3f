"""What a customer may be told: one of four states, the split into now and later, and why not more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from backorders.rules.claiming import Claim
from backorders.rules.sourcing import SplitPolicy
from backorders.rules.types import Reason, RuleMode, State, Supply, SupplyKind, WaitMode, wait_mode_of


class SkuStatus(StrEnum):
    """Where a SKU is in its life; a discontinued one is never bought or made again."""

    ACTIVE = "active"
    UNRELEASED = "unreleased"
    DISCONTINUED = "discontinued"


@dataclass(frozen=True, slots=True)
class RuleView:
    """An ATP rule as the decisions see it.

    `kinds`: supply that counts beside stock, empty for every kind. `oversell_qty`: units sold
    beyond all firm supply. `longest_wait_days`: none for no limit. `service_level`: between 0 and 1.
    `max_volatility`: the highest coefficient of variation of demand at which backorders are taken.
    Valid from `valid_from` to `valid_to`, both included, none for open.
    """

    id: int
    mode: RuleMode
    version: int = 1
    safety_stock: int = 0
    oversell_qty: int = 0
    kinds: frozenset[SupplyKind] = frozenset()
    needs_open_purchase: bool = False
    longest_wait_days: int | None = None
    service_level: float = 0.9
    least_buffer_days: int = 0
    max_volatility: float | None = None
    split: bool = True
    split_policy: SplitPolicy = SplitPolicy.ANY
    valid_from: date | None = None
    valid_to: date | None = None

    def is_valid(self, on: date) -> bool:
        """Whether its window is open on this day."""
        return (self.valid_from or date.min) <= on <= (self.valid_to or date.max)

    def latest_on(self, today: date) -> date | None:
        """The last ready day within the longest wait; none if there is no limit."""
        return None if self.longest_wait_days is None else today + timedelta(days=self.longest_wait_days)


@dataclass(frozen=True, slots=True)
class RuleScope:
    """A rule and whom it is for; what is none is for all. Higher `priority` wins a tie, then lower id."""

    rule: RuleView
    sku_id: int | None = None
    category: str | None = None
    supplier_id: int | None = None
    channel_id: int | None = None
    region: str | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class CapRoom:
    """The least room of all caps that match: units that may still wait, and the cap that says so."""

    room: int
    name: str
    reason: Reason = Reason.CAP_REACHED


@dataclass(frozen=True, slots=True)
class Question:
    """Everything the decision needs; `claim` is what free supply could give for the quantity.

    The claim is made of supplies that `countable` let through, with the rule's longest wait as
    `latest_on`. `cap`: none if no cap matches.
    """

    qty: int
    today: date
    claim: Claim
    status: SkuStatus = SkuStatus.ACTIVE
    is_tracked: bool = True
    launch_on: date | None = None
    rule: RuleView | None = None
    has_active_supplier: bool = True
    has_open_purchase: bool = False
    volatility: float | None = None
    cap: CapRoom | None = None

    @property
    def is_launched(self) -> bool:
        """On sale: no launch lies ahead, and an unreleased SKU has had its launch day."""
        if self.launch_on is None:
            return self.status is not SkuStatus.UNRELEASED
        return self.launch_on <= self.today


@dataclass(frozen=True, slots=True)
class Answer:
    """The state, the split and the reason for what is refused.

    `in_stock`, `backorder` and `preorder` speak for the whole quantity; if any of it is refused the
    state is `out_of_stock` with a reason, and `now_qty` and `later_qty` say how much would be
    accepted. `claim` covers just that. `cap_name` names the cap or the protection that refused.
    """

    state: State
    mode: WaitMode
    reason: Reason | None
    now_qty: int
    later_qty: int
    refused_qty: int
    claim: Claim | None
    cap_name: str = ""


# What a rule's mode lets wait once the SKU is on sale, and before.
_MAY_BACKORDER = frozenset(RuleMode) - {RuleMode.DENY, RuleMode.PREORDER}
_MAY_PREORDER = frozenset(RuleMode) - {RuleMode.DENY, RuleMode.BACKORDER}


def judge(question: Question) -> Answer:
    """Decide what of the quantity ships now, what may wait, and what is refused and why."""
    if not question.is_tracked:
        return Answer(State.IN_STOCK, WaitMode.ACCIDENTAL, None, question.qty, 0, 0, None)
    now_qty = question.claim.now_qty if question.is_launched else 0
    asked_later = question.qty - now_qty
    if not asked_later:
        return Answer(State.IN_STOCK, WaitMode.ACCIDENTAL, None, now_qty, 0, 0, question.claim)
    later_qty, reason = _later(question, asked_later)
    refused_qty = asked_later - later_qty
    waiting = State.BACKORDER if question.is_launched else State.PREORDER
    return Answer(
        state=State.OUT_OF_STOCK if refused_qty else waiting,
        mode=wait_mode_of(question.rule.mode) if question.rule else WaitMode.ACCIDENTAL,
        reason=reason if refused_qty else None,
        now_qty=now_qty,
        later_qty=later_qty,
        refused_qty=refused_qty,
        claim=_accepted(question, now_qty, later_qty),
        cap_name=question.cap.name if question.cap and refused_qty and reason is question.cap.reason else "",
    )


def kept_for_others(answer: Answer, without: Answer, *, name: str) -> Answer:
    """The answer, its refusal laid on a protection where `without` it less would be refused."""
    if without.refused_qty >= answer.refused_qty:
        return answer
    return replace(answer, reason=Reason.CAP_REACHED, cap_name=name)


def countable(
    supplies: Sequence[Supply],
    *,
    rule: RuleView | None,
    status: SkuStatus = SkuStatus.ACTIVE,
    has_active_supplier: bool = True,
) -> list[Supply]:
    """The supplies that may be claimed: stock, and the kinds the rule lets count.

    What cannot be replenished has no planned supply, whatever the rule says.
    """
    kinds = (rule.kinds if rule else frozenset()) or frozenset(SupplyKind)
    if status is SkuStatus.DISCONTINUED or not has_active_supplier:
        kinds -= {SupplyKind.PLANNED}
    return [s for s in supplies if s.kind is SupplyKind.STOCK or s.kind in kinds]


def choose_rule(
    rules: Sequence[RuleScope],
    *,
    sku_id: int,
    category: str,
    supplier_ids: Collection[int],
    channel_id: int,
    region: str,
    today: date,
    or_closed: bool = False,
) -> RuleScope | None:
    """The most specific rule valid today: SKU, category, supplier, all; then channel, then region.

    Ties go to the higher priority, then the lower id. With `or_closed` a rule outside its window is
    given when no open one matches, so that the answer can say `window_closed`.
    """
    matching = [
        scope
        for scope in rules
        if scope.sku_id in (None, sku_id)
        and scope.category in (None, category)
        and (scope.supplier_id is None or scope.supplier_id in supplier_ids)
        and scope.channel_id in (None, channel_id)
        and scope.region in (None, region)
    ]
    valid = [scope for scope in matching if scope.rule.is_valid(today)]
    return min(valid or (matching if or_closed else []), key=precedence, default=None)


def precedence(scope: RuleScope) -> tuple[bool, bool, bool, bool, bool, int, int]:
    """Smallest first: more specific, then higher priority, then lower id."""
    return (
        scope.sku_id is None,
        scope.category is None,
        scope.supplier_id is None,
        scope.channel_id is None,
        scope.region is None,
        -scope.priority,
        scope.rule.id,
    )


def _later(question: Question, asked: int) -> tuple[int, Reason]:
    """How much may wait, and the reason why not more."""
    covered = asked - question.claim.short
    lacking = _why_short(question)
    if not covered and lacking is Reason.DISCONTINUED:
        return 0, lacking  # more to the point than any rule: it will never come again
    if refusal := _gate(question, question.rule):
        return 0, refusal
    if question.cap and question.cap.room < covered:
        return max(0, question.cap.room), question.cap.reason
    return covered, lacking


def _why_short(question: Question) -> Reason:
    """Why supply does not cover more."""
    if question.claim.too_late:
        return Reason.WAIT_TOO_LONG
    if question.status is SkuStatus.DISCONTINUED:
        return Reason.DISCONTINUED
    return Reason.NO_SUPPLY if question.has_active_supplier else Reason.SUPPLIER_INACTIVE


def _gate(question: Question, rule: RuleView | None) -> Reason | None:
    """Why nothing may wait at all, none if it may."""
    denied = Reason.RULE_DENIES if question.is_launched else Reason.NOT_LAUNCHED
    if rule is None:
        return denied
    if not rule.is_valid(question.today):
        return Reason.WINDOW_CLOSED
    if rule.mode not in (_MAY_BACKORDER if question.is_launched else _MAY_PREORDER):
        return denied
    if not question.is_launched and (refusal := _launch_gate(question, rule)):
        return refusal
    if rule.max_volatility is not None and (question.volatility or 0.0) > rule.max_volatility:
        return Reason.TOO_VOLATILE
    if rule.needs_open_purchase and not question.has_open_purchase:
        return Reason.NO_SUPPLY
    return None


def _launch_gate(question: Question, rule: RuleView) -> Reason | None:
    """A preorder needs a launch day, and one within the longest wait."""
    if question.launch_on is None:
        return Reason.NOT_LAUNCHED
    latest_on = rule.latest_on(question.today)
    return Reason.WAIT_TOO_LONG if latest_on and question.launch_on > latest_on else None


def _accepted(question: Question, now_qty: int, later_qty: int) -> Claim | None:
    """The claim cut down to what is accepted; stock is given up only where nothing can ship now."""
    if not (now_qty or later_qty):
        return None
    given_up = question.qty - question.claim.short - now_qty - later_qty
    return question.claim.less(given_up, stock_too=not question.is_launched)
