"""Why a line is backordered: the causes its evidence supports, and the share that each explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from backorders.rules.types import WaitMode


class CauseCode(StrEnum):
    """The coded causes of a backorder, in the order that breaks a tie between equal shares.

    Counted facts about units in the building come first, then what another party did,
    then what our planning did; a forecast that ran low is the last explanation.
    """

    STOCK_RECORD_ERROR = "stock_record_error"
    QUALITY_HOLD = "quality_hold"
    CHANNEL_OVERSELL = "channel_oversell"
    SUPPLIER_DELAY = "supplier_delay"
    MOQ_SHORTFALL = "moq_shortfall"
    PROMOTION_SURPRISE = "promotion_surprise"
    FORECAST_UNDERSHOOT = "forecast_undershoot"
    LIMITED_DROP = "limited_drop"
    MADE_TO_ORDER = "made_to_order"
    CAPITAL_LIGHT_LAUNCH = "capital_light_launch"

    @property
    def is_intended(self) -> bool:
        """Whether the seller planned this wait; such a cause is never reported as a failure."""
        return self in _INTENDED.values()


# A preorder is a launch that customers' orders pay for, hence the launch cause.
_INTENDED: dict[WaitMode, CauseCode] = {
    WaitMode.LIMITED_DROP: CauseCode.LIMITED_DROP,
    WaitMode.MADE_TO_ORDER: CauseCode.MADE_TO_ORDER,
    WaitMode.CAPITAL_LIGHT: CauseCode.CAPITAL_LIGHT_LAUNCH,
    WaitMode.PREORDER: CauseCode.CAPITAL_LIGHT_LAUNCH,
}

# How far one kind of evidence can be trusted by itself: counted units, then dated documents, then inference.
_TRUST: dict[CauseCode, Fraction] = {
    CauseCode.STOCK_RECORD_ERROR: Fraction(95, 100),
    CauseCode.QUALITY_HOLD: Fraction(95, 100),
    CauseCode.CHANNEL_OVERSELL: Fraction(95, 100),
    CauseCode.SUPPLIER_DELAY: Fraction(90, 100),
    CauseCode.MOQ_SHORTFALL: Fraction(80, 100),
    CauseCode.PROMOTION_SURPRISE: Fraction(75, 100),
    CauseCode.FORECAST_UNDERSHOOT: Fraction(60, 100),
}
# A purchase that was moved later, but never was due in time: the wait is longer for it, not there for it.
_MOVED_LATER = Fraction(50, 100)
# With no evidence at all the plan fell short somehow; a person should look.
BLIND_CONFIDENCE = Fraction(10, 100)

# An unmarked spike is one that at least doubles the baseline, half of it in one channel and week.
_SPIKE_FACTOR = 2
_CONCENTRATED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseFact:
    """A purchase line of the SKU: the date first confirmed and the one expected now (none: no date any more).

    `open_qty` units are still to come; `short_qty` is what arrived less than was due. `first_expected_on` is
    the day it was first expected, where that was moved since.
    """

    open_qty: int
    first_confirmed_on: date | None = None
    first_expected_on: date | None = None
    expected_on: date | None = None
    short_qty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandFact:
    """Units sold since the last purchase was sized, against what it was sized for.

    `spike_qty` of them lie above the baseline of the same days; `concentration` (0 to 1) is the share of the
    spike in one channel and week; `in_promotion` says that a marked promotion covers it, `told_in_time` that
    planning knew of it before it sized the purchase.
    """

    sold_qty: int
    forecast_qty: int
    baseline_qty: int = 0
    spike_qty: int = 0
    concentration: float = 0.0
    in_promotion: bool = False
    told_in_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was known on the day the line fell short.

    `short_qty` is the shortage to be explained: that of the SKU the line waits for (all its short lines), so
    that a cause of fifty units outweighs one of four. `needed_on` is the day the units are wanted, none: at
    once. `held_qty` units are here but on hold or in the returns queue; `oversold_qty` were sold by outside
    channels beyond what we had published; `count_loss_qty` were removed by count corrections;
    `moq_waiting_qty` stood in a reorder signal that waited for the supplier's minimum.
    """

    short_qty: int
    on: date
    needed_on: date | None = None
    mode: WaitMode = WaitMode.ACCIDENTAL
    purchases: Sequence[PurchaseFact] = ()
    held_qty: int = 0
    oversold_qty: int = 0
    count_loss_qty: int = 0
    moq_waiting_qty: int = 0
    demand: DemandFact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause: units of the shortage it explains, its share of all that is explained, and our confidence.

    `share` and `confidence` are fractions from 0 to 1; the shares of one classification add up to 1.
    `found_qty` are the units there was evidence of, also beyond the shortage.
    """

    code: CauseCode
    qty: int
    share: Fraction
    confidence: Fraction
    found_qty: int = field(default=0, compare=False)


def classify(evidence: Evidence) -> list[Finding]:
    """The causes of a shortage, largest share first; the first is the tag of the line. Never empty."""
    if intended := _INTENDED.get(evidence.mode):
        return [Finding(code=intended, qty=evidence.short_qty, share=Fraction(1), confidence=Fraction(1))]
    explained = _explained(evidence)
    if not explained:
        return [_longer_wait(evidence) or _blind(evidence.short_qty)]
    return ranked(explained, short_qty=evidence.short_qty)


def ranked(explained: Mapping[CauseCode, int], *, short_qty: int, weigh_all: bool = False) -> list[Finding]:
    """Causes by the units of a shortage that each explains, the largest first; at least one unit in all.

    With `weigh_all`, of two that explain as much of it the one with evidence of more units comes first.
    """
    qtys = {code: min(qty, short_qty) for code, qty in explained.items()}
    total = sum(qtys.values())
    findings = [
        Finding(
            code=code,
            qty=qty,
            share=Fraction(qty, total),
            confidence=_TRUST[code] * Fraction(qty, short_qty),
            found_qty=explained[code],
        )
        for code, qty in qtys.items()
    ]
    tie_break = list(CauseCode)
    return sorted(
        findings,
        key=lambda found: (-found.qty, -found.found_qty * weigh_all, tie_break.index(found.code)),
    )


def _longer_wait(evidence: Evidence) -> Finding | None:
    """The supplier's part in a wait that nothing else explains; none if no purchase was moved later."""
    qty = min(moved_qty(evidence.purchases), evidence.short_qty)
    if not qty:
        return None
    return Finding(
        code=CauseCode.SUPPLIER_DELAY,
        qty=qty,
        share=Fraction(1),
        confidence=_MOVED_LATER * Fraction(qty, evidence.short_qty),
    )


def _blind(short_qty: int) -> Finding:
    return Finding(
        code=CauseCode.FORECAST_UNDERSHOOT,
        qty=short_qty,
        share=Fraction(1),
        confidence=BLIND_CONFIDENCE,
    )


def _explained(evidence: Evidence) -> dict[CauseCode, int]:
    """The units there is evidence of for each cause."""
    surprise = surprise_qty(evidence.demand)
    found = {
        CauseCode.STOCK_RECORD_ERROR: evidence.count_loss_qty,
        CauseCode.QUALITY_HOLD: evidence.held_qty,
        CauseCode.CHANNEL_OVERSELL: evidence.oversold_qty,
        CauseCode.SUPPLIER_DELAY: delayed_qty(
            evidence.purchases, on=evidence.on, needed_on=evidence.needed_on
        ),
        CauseCode.MOQ_SHORTFALL: evidence.moq_waiting_qty,
        CauseCode.PROMOTION_SURPRISE: surprise,
        CauseCode.FORECAST_UNDERSHOOT: undershoot_qty(evidence.demand, surprise=surprise),
    }
    return {code: qty for code, qty in found.items() if qty > 0 < evidence.short_qty}


def delayed_qty(purchases: Sequence[PurchaseFact], *, on: date, needed_on: date | None = None) -> int:
    """Units first confirmed for `needed_on` (none: `on`) or before that came short or are late."""
    return sum(_missing(purchase, on, needed_on or on) for purchase in purchases)


def _missing(purchase: PurchaseFact, on: date, needed_on: date) -> int:
    first = purchase.first_confirmed_on
    if first is None or first > needed_on:
        return 0  # It was never going to cover this line.
    is_late = purchase.expected_on is None or purchase.expected_on > first or on > first
    return purchase.short_qty + (purchase.open_qty if is_late else 0)


def moved_qty(purchases: Sequence[PurchaseFact]) -> int:
    """Units expected later than was first confirmed or, where nothing was confirmed, first expected."""
    moved = 0
    for purchase in purchases:
        first = purchase.first_confirmed_on or purchase.first_expected_on
        if first and (purchase.expected_on is None or purchase.expected_on > first):
            moved += purchase.open_qty
    return moved


def surprise_qty(demand: DemandFact | None) -> int:
    """Units of a demand spike that planning could not foresee, as far as they ran above the forecast.

    A spike counts inside a marked promotion that planning was not told of in time; or, unmarked, when it at
    least doubles the baseline and half of it is in one channel and week.
    """
    if demand is None or (demand.in_promotion and demand.told_in_time):
        return 0
    spikes = demand.baseline_qty + demand.spike_qty >= demand.baseline_qty * _SPIKE_FACTOR
    if not demand.in_promotion and not (spikes and demand.concentration >= _CONCENTRATED):
        return 0
    return max(0, min(demand.spike_qty, demand.sold_qty - demand.forecast_qty))


def undershoot_qty(demand: DemandFact | None, *, surprise: int = 0) -> int:
    """Units sold above the forecast that no surprise explains; never below 0."""
    return 0 if demand is None else max(0, demand.sold_qty - demand.forecast_qty - surprise)
