"""Why the buyer is advised so: each figure of a signal in a sentence, so that the sum can be done again."""

from collections.abc import Mapping
from typing import Any

from purchasing.models import Signal

FORECASTS = {
    "smooth": "steady demand",
    "intermittent": "rare demand",
}


def explained(signal: Signal) -> list[str]:
    """The sentences behind a signal, in the order of the sum; a figure that is not there is left out."""
    basis: Mapping[str, Any] = signal.basis
    words = _order(basis, signal) if signal.kind == Signal.Kind.ORDER else _move(basis, signal)
    return [sentence for sentence in words if sentence]


def _order(basis: Mapping[str, Any], signal: Signal) -> list[str]:
    return [
        _waiting(basis),
        _lead(basis),
        _forecast(basis),
        _refused(basis),
        _if(basis, "safety_stock", "{} kept as safety stock."),
        _if(basis, "free_on_hand", "{} free on hand are taken off."),
        _if(basis, "incoming", "{} on their way are taken off."),
        _if(basis, "drafted", "{} on draft orders are taken off."),
        _rounded(basis, signal),
    ]


def _move(basis: Mapping[str, Any], signal: Signal) -> list[str]:
    verb = {
        Signal.Kind.EXPEDITE: "are needed before they come",
        Signal.Kind.DEFER: "come long before they are needed",
    }.get(Signal.Kind(signal.kind), "come and nothing needs them")
    lines = len(basis.get("purchase_lines", ())) or 1
    where = "one purchase line" if lines == 1 else f"{lines} purchase lines"
    return [
        f"{_units(signal.qty)} on {where} {verb}.",
        _waiting(basis),
        _if(basis, "free_on_hand", "{} are free on hand."),
        _if(basis, "incoming", "{} are on their way in all."),
    ]


def _waiting(basis: Mapping[str, Any]) -> str:
    return _if(basis, "open_demand", "{} ordered by customers are not allocated on hand.")


def _lead(basis: Mapping[str, Any]) -> str:
    if not basis.get("review_days") and not basis.get("lead_time_days"):
        return ""
    agreed, lead = basis.get("agreed_lead_days", 0), basis.get("lead_time_days", 0)
    level = f"{float(basis.get('lead_level', 0.9)):.0%}"
    late = f" ({agreed} agreed, {lead - agreed} more to be {level} sure)" if lead > agreed else ""
    review = basis.get("review_days", 0)
    return f"An order covers {lead} days of lead time{late} and {review} days until the next review."


def _forecast(basis: Mapping[str, Any]) -> str:
    kind = FORECASTS.get(str(basis.get("forecast_kind")))
    weekly = basis.get("weekly_forecast", 0)
    words = f"{{}} are expected to be ordered in these days: {kind} of {weekly:g} a week."
    return _if(basis, "forecast_qty", words) if kind else ""


def _refused(basis: Mapping[str, Any]) -> str:
    asked, share = basis.get("refused_qty", 0), basis.get("refused_percent", 100)
    return _if(basis, "refused_counted", f"{{}} for {asked} refused in as many days, counted at {share} %.")


def _rounded(basis: Mapping[str, Any], signal: Signal) -> str:
    raw = basis.get("raw_qty")
    if raw is None or raw == signal.qty:
        return ""
    moq, pack = basis.get("moq", 1), basis.get("pack", 1)
    words = f"{_units(raw)} are short; {_units(signal.qty)} make whole packs of {pack}, at least {moq}."
    gap = basis.get("moq_gap", 0)
    return f"{words} Only the supplier's minimum adds {_units(gap)}." if gap else words


def _if(basis: Mapping[str, Any], name: str, words: str) -> str:
    qty = basis.get(name) or 0
    return words.format(_units(qty)) if qty else ""


def _units(qty: int) -> str:
    return "1 unit" if qty == 1 else f"{qty:,} units"
