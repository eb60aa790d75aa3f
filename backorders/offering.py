"""What can be offered for a line: state, split, dates and why — for a quote, an answer or an order alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

from backorders import sourcing
from backorders.arriving import window_of
from backorders.capping import CapBook, Draw, dated
from backorders.lenders import Lent
from backorders.models import AtpRule
from backorders.policies import view_of
from backorders.protecting import groups_of
from backorders.rules import dating, states
from backorders.rules.claiming import Claim, of_kit
from backorders.rules.claiming import Part as Claimed
from backorders.rules.fencing import UNLIMITED_QTY
from backorders.rules.states import Answer, CapRoom, Question, RuleScope, RuleView, SkuStatus
from backorders.rules.types import Supply as FreeSupply
from backorders.rules.types import SupplyKind, trust_in_words
from backorders.shelves import Shelf, Shelves, SupplyFact
from backorders.sourcing import Drawn, Need, Source
from inventory.models import Sku
from oms.orders.models import Channel

# No row stands behind units sold beyond all firm supply until somebody claims one.
PLANNED_REF = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One line somebody wants: `qty` in stocking units; `order_units` already in the same order."""

    sku: Sku
    qty: int
    channel: Channel
    region: str
    customer_class: str = ""
    customer_id: int | None = None
    wanted_on: date | None = None
    locale: str = "en"

    @property
    def groups(self) -> frozenset[str]:
        """The groups this line belongs to, for protections."""
        channel_id, region = self.channel.pk, self.region
        return groups_of(channel_id=channel_id, region=region, customer_class=self.customer_class)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the line claims of one SKU (of a kit: of one part)."""

    sku: Sku
    units_per_line: int
    claim: Claim
    loans: Sequence[Lent] = ()
    only_location_id: int | None = None

    @property
    def qty(self) -> int:
        """Units of the SKU that are claimed."""
        return sum(part.qty for part in self.claim.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The answer for one line. `window` is none when nothing can be promised."""

    ask: Ask
    answer: Answer
    parts: Sequence[Part]
    window: dating.Window | None
    label: str
    rule: AtpRule | None
    may_split: bool
    as_of: date
    steps: Sequence[Mapping[str, Any]] = ()
    caps: Sequence[Mapping[str, Any]] = field(default_factory=list)
    draws: Sequence[Draw] = ()
    floors: Sequence[Mapping[str, Any]] = ()
    volatility: Mapping[str, float | None] | None = None

    @property
    def backordered_qty(self) -> int:
        """Units of the line that do not ship from stock on hand now."""
        return self.answer.later_qty

    def promised_for(self, window: dating.Window) -> Self:
        """The same offer, shipped with slower lines of its order."""
        if self.window and window.ships_latest > self.window.ships_latest:
            together = {"step": "ship_together", "on": window.ships_latest.isoformat()}
            window = replace(window, steps=(*self.window.steps, together))
        words = dating.label(self.answer.state, self.answer.mode, window, self.as_of, self.ask.locale)
        return replace(self, window=window, label=words)

    @property
    def charge(self) -> dict[str, Any]:
        """What is charged and when, in the words that disclose it."""
        if self.rule is None:
            return {"policy": AtpRule.ChargePolicy.AT_ORDER, "deposit_percent": None, "disclosure": ""}
        return {
            "policy": self.rule.charge_policy,
            "deposit_percent": self.rule.deposit_percent,
            "disclosure": self.rule.disclosure,
        }


@dataclass(frozen=True, slots=True)
class Offers:
    """Decides line after line; what one line claims the next one no longer sees."""

    shelves: Shelves
    rules: Sequence[tuple[RuleScope, AtpRule]]
    caps: CapBook

    def offer(self, ask: Ask) -> Offer:
        """Decide one line and take what it claims off the shelves."""
        shelf = self.shelves.by_sku[ask.sku.pk]
        rule = self._rule_for(ask, shelf)
        view = states_view(rule)
        pieces = self._pieces(ask)
        today = self._today()
        whole, drawn = self._whole(ask, pieces, view)
        room = self.caps.room_for(ask, later_qty=ask.qty - whole.now_qty - whole.short, on=today)
        question = self._question(ask, shelf, whole, view, room, today)
        answer = self._blamed(ask, pieces, view, question, states.judge(question))
        accepted = answer.now_qty + answer.later_qty
        if accepted < ask.qty and accepted:
            _, drawn = self._whole(replace(ask, qty=accepted), pieces, view)
        parts = [
            Part(
                sku=piece.sku,
                units_per_line=units,
                claim=got.claim,
                loans=got.loans,
                only_location_id=got.only_location_id,
            )
            for (piece, units), got in zip(pieces, drawn, strict=True)
        ]
        if not accepted or not ask.sku.is_tracked:
            parts = []
        offer = self._finish(ask, answer, parts, rule, view)
        for part in parts:
            sourcing.lend(self.shelves.by_sku[part.sku.pk], part.loans, self.shelves)
            self.shelves.by_sku[part.sku.pk].take(part.claim.pegs)
            self.shelves.by_sku[part.sku.pk].consume(ask.groups, part.qty)
        self.caps.take(ask, answer.later_qty, offer.draws, today)
        return offer

    def _blamed(
        self,
        ask: Ask,
        pieces: Sequence[tuple[Shelf, int]],
        view: RuleView | None,
        question: Question,
        answer: Answer,
    ) -> Answer:
        """The answer, naming the protection that keeps the most where more could be had without any."""
        hiding = [floor for shelf, _ in pieces for floor in shelf.hiding_from(ask.groups)]
        if not answer.refused_qty or not hiding:
            return answer
        open_to_all = [(replace(shelf, floors=()), units) for shelf, units in pieces]
        whole, _ = self._whole(ask, open_to_all, view)
        most = max(hiding, key=lambda floor: (floor.left, -floor.id))
        without = states.judge(replace(question, claim=whole))
        return states.kept_for_others(answer, without, name=most.name)

    def _whole(
        self, ask: Ask, pieces: Sequence[tuple[Shelf, int]], view: RuleView | None
    ) -> tuple[Claim, list[Drawn]]:
        """What the line could have as a whole, and what is drawn piece by piece.

        A line wished for later claims later supply, but is in stock all the same where stock covers it.
        """
        # A kit borrows nothing: its parts would be lent one by one, and only all of them make it ready.
        may_borrow = len(pieces) == 1
        drawn = [self._draw(ask, piece, units, view, may_borrow=may_borrow) for piece, units in pieces]
        whole = _of_line(ask.qty, [each.claim for each in drawn], pieces)
        if ask.wanted_on is None:
            return whole, drawn
        at_once = replace(ask, wanted_on=None)
        soonest = [self._draw(at_once, piece, units, view, may_borrow=False) for piece, units in pieces]
        now = _of_line(ask.qty, [each.claim for each in soonest], pieces)
        return (now if now.now_qty == ask.qty else whole), drawn

    def _rule_for(self, ask: Ask, shelf: Shelf) -> AtpRule | None:
        chosen = states.choose_rule(
            [scope for scope, _ in self.rules],
            sku_id=ask.sku.pk,
            category=ask.sku.category,
            supplier_ids=shelf.supplier_ids,
            channel_id=ask.channel.pk,
            region=ask.region,
            today=self._today(),
            or_closed=True,
        )
        return next((row for scope, row in self.rules if scope is chosen), None)

    def _pieces(self, ask: Ask) -> list[tuple[Shelf, int]]:
        """The shelves the line draws from, with the units of each for one unit of the line."""
        kit = self.shelves.parts.get(ask.sku.pk)
        if not kit:
            return [(self.shelves.by_sku[ask.sku.pk], 1)]
        return [(self.shelves.by_sku[part.component_id], part.qty) for part in kit]

    def _today(self) -> date:
        return self.shelves.at.date()

    def _draw(self, ask: Ask, shelf: Shelf, units: int, view: RuleView | None, *, may_borrow: bool) -> Drawn:
        """The best claim: least short, then least late, then fewest places, then the nearest in priority."""
        if not ask.sku.is_tracked or not self.shelves.places:
            short = ask.qty * units if ask.sku.is_tracked else 0
            return Drawn(claim=Claim(pegs=(), ready_on=None, short=short, now_qty=0))
        supplies = states.countable(
            [*shelf.supplies, *self._planned(shelf, view)],
            rule=view,
            status=SkuStatus(ask.sku.status),
            has_active_supplier=shelf.has_active_supplier,
        )
        supplies = self.shelves.counted_on(supplies, shelf.sku, view.service_level if view else None)
        need = Need(
            qty=ask.qty * units,
            channel=ask.channel,
            region=ask.region,
            wanted_on=_not_before(ask, self._today()),
            may_borrow=may_borrow,
            groups=ask.groups,
        )
        return Source(self.shelves, shelf, supplies, view, need).draw()

    def _planned(self, shelf: Shelf, view: RuleView | None) -> list[FreeSupply]:
        """Units the rule lets us sell beyond all firm supply, ready after the supplier's lead time."""
        if view is None or shelf.lead_time_days is None:
            return []
        row = shelf.planned
        left = view.oversell_qty - (row.pegged_qty if row else 0)
        if shelf.fences.infinite_from_lead_time:
            left = UNLIMITED_QTY
        location_id = next(iter(self.shelves.locations))
        place = self.shelves.places[location_id]
        today = self.shelves.today(location_id)
        ready = dating.ship_from_inbound(place, shelf.planned_on(today), 0, today, self.shelves.at)
        ref = row.supply_id if row else PLANNED_REF
        return [FreeSupply(ref, SupplyKind.PLANNED, left, ready, location_id)] if left > 0 else []

    def _question(
        self, ask: Ask, shelf: Shelf, whole: Claim, view: RuleView | None, room: CapRoom | None, today: date
    ) -> Question:
        return Question(
            qty=ask.qty,
            today=today,
            claim=whole,
            status=SkuStatus(ask.sku.status),
            is_tracked=ask.sku.is_tracked,
            launch_on=ask.sku.launch_on,
            rule=view,
            has_active_supplier=shelf.has_active_supplier,
            has_open_purchase=shelf.has_open_purchase,
            volatility=shelf.volatility,
            cap=room,
        )

    def _finish(
        self,
        ask: Ask,
        answer: Answer,
        parts: Sequence[Part],
        rule: AtpRule | None,
        view: RuleView | None,
    ) -> Offer:
        draws = self.caps.draws(ask, answer.later_qty, self._today())
        steps = [step for part in parts for step in self._steps(ask, part, view)]
        window = _latest([step["window"] for step in steps])
        if window is None and not ask.sku.is_tracked and self.shelves.places:
            place = next(iter(self.shelves.places.values()))
            window = dating.window(
                place,
                expected_on=None,
                at=self.shelves.at,
                median_buffer=0,
                level_buffer=0,
                region=ask.region,
            )
        if window is not None:
            place = next(iter(self.shelves.places.values()))
            window = self._not_too_early(window, ask, parts)
            window = dated(window, draws, place=place, region=ask.region)
        return Offer(
            ask=ask,
            answer=answer,
            parts=parts,
            window=window,
            label=dating.label(answer.state, answer.mode, window, self._today(), ask.locale),
            rule=rule,
            may_split=view.split if view else True,
            as_of=self._today(),
            steps=[{name: value for name, value in step.items() if name != "window"} for step in steps],
            caps=self.caps.looked_at(ask, draws, self._today()),
            draws=draws,
            floors=[told for shelf, _ in self._pieces(ask) for told in shelf.told_floors(ask.groups)],
            volatility=self.shelves.by_sku[ask.sku.pk].told_volatility(view),
        )

    def _steps(self, ask: Ask, part: Part, view: RuleView | None) -> list[dict[str, Any]]:
        """Each supply claimed, with its dates and buffers, as the explanation tells it."""
        return [self._step(ask, part, claimed, view) for claimed in part.claim.parts]

    def _step(self, ask: Ask, part: Part, claimed: Claimed, view: RuleView | None) -> dict[str, Any]:
        sku, ref = part.sku, claimed.supply_ref
        loans = [loan for loan in part.loans if loan.lender.stock_id == ref]
        fact = self.shelves.facts.get(ref) or self._fact(sku, loans)
        place = self.shelves.places[fact.location_id]
        buffered = self.shelves.buffers.for_supply(
            supplier_id=fact.supplier_id,
            document_id=fact.document_id,
            sku=sku,
            expected_on=fact.expected_on,
            today=self.shelves.today(fact.location_id),
            level=view.service_level if view else None,
            least_days=view.least_buffer_days if view else 0,
        )
        window = window_of(place, fact, at=self.shelves.at, buffered=buffered, region=ask.region)
        return {
            "sku": sku.code,
            "supply_id": ref,
            "kind": fact.kind,
            "reference": fact.reference,
            "location": self.shelves.locations[fact.location_id].code,
            "qty": claimed.qty,
            "expected_on": fact.expected_on.isoformat() if fact.expected_on else None,
            "ready_on": claimed.ready_on.isoformat(),
            "supply_qty": fact.quantity,
            "claimed_before": fact.pegged_qty,
            **({"borrowed_from": [_told(loan) for loan in loans]} if loans else {}),
            "buffer": buffered.told(),
            "standing": fact.standing,
            "yield": self.shelves.yield_of(fact, sku, view.service_level if view else None).told(),
            "calendar": list(window.steps),
            "window": window,
        }

    def _fact(self, sku: Sku, loans: Sequence[Lent]) -> SupplyFact:
        """What there is to say of supply that had nothing free: goods on hand borrowed, or planned units."""
        if loans:
            return SupplyFact(SupplyKind.STOCK, "", None, loans[0].lender.location_id)
        location_id = next(iter(self.shelves.locations))
        arrives = self.shelves.by_sku[sku.pk].planned_on(self.shelves.today(location_id))
        standing = trust_in_words(SupplyKind.PLANNED)
        return SupplyFact(SupplyKind.PLANNED, "", arrives, location_id, standing=standing)

    def _not_too_early(self, window: dating.Window, ask: Ask, parts: Sequence[Part]) -> dating.Window:
        """A wish for later, or a launch ahead, holds the goods back until then."""
        not_before = _not_before(ask, self._today())
        if not_before is None or window.ships_latest >= not_before:
            return window
        place = next(iter(self.shelves.places.values()))
        ships = place.calendar.next_open(not_before)
        return dating.held_until(place, window, ships, ask.region, why=_why_held(ask, not_before))


def states_view(rule: AtpRule | None) -> RuleView | None:
    """The rule's numbers as the decisions see them, none without a rule."""
    return view_of(rule) if rule else None


def _told(loan: Lent) -> dict[str, int]:
    """Which line lends, how much of it, and the supply that covers it again."""
    return {"line": loan.lender.order_line_id, "qty": loan.qty, "covered_by": loan.inbound_id}


def _not_before(ask: Ask, today: date) -> date | None:
    """The first day the goods may leave: as wished for, and never before a launch."""
    launch = ask.sku.launch_on if ask.sku.launch_on and ask.sku.launch_on > today else None
    days = [day for day in (ask.wanted_on, launch) if day is not None]
    return max(days) if days else None


def _why_held(ask: Ask, not_before: date) -> str:
    return "wanted" if ask.wanted_on == not_before else "launch"


def _latest(windows: Sequence[dating.Window]) -> dating.Window | None:
    return dating.line_window(windows) if windows else None


def _of_line(qty: int, claims: Sequence[Claim], pieces: Sequence[tuple[Shelf, int]]) -> Claim:
    """The claim of a plain line, or what whole kits its parts make."""
    units = [units for _, units in pieces]
    return claims[0] if units == [1] else of_kit(qty, claims, units)
