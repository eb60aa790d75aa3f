"""“Why this date?”: from what a promise was made of to typed steps, in the order they were looked at.

A promise keeps its basis as it was on the day; nothing else is looked at, so that an old promise explains
itself as well as a new one. Whatever shape a basis had in its time is read here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Basis = Mapping[str, Any]
Names = Mapping[int, str]
NOBODY: Names = {}
SUPPLIES_TOLD = 8
"""Of a line pieced together from more supplies than these only the number is said."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its `kind` and its facts (ISO days, numbers, names); `phrase` is how it is put into words."""

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    phrase: str = ""

    def told(self) -> dict[str, Any]:
        """As programs read it."""
        return {"step": self.kind, **self.facts}


def explain(basis: Basis, *, names: Names = NOBODY, cause: str = "", cause_words: str = "") -> list[Step]:
    """All steps behind a promise or refusal; `names` of order lines that an old basis knows by id only.

    `cause` is the code of why a promise superseded the one before, and `cause_words` how people say it.
    """
    return [
        *_moved(basis, cause, cause_words),
        *_rule(basis),
        *_split(basis),
        *_supplies(basis, names),
        *_calendar(basis),
        *_guards(basis),
        *_ahead(basis),
        *_lost(basis, names),
        *_refused(basis),
    ]


def lines_named(basis: Basis) -> list[int]:
    """Order lines that a basis knows by id only."""
    lost = [] if basis.get("lost_to_names") else _rows(basis, "lost_to")
    supplies = [row for row in _rows(basis, "supplies") if isinstance(row, Mapping)]
    lent = [loan.get("line") for supply in supplies for loan in _rows(supply, "borrowed_from")]
    return [pk for pk in (*lost, *lent) if isinstance(pk, int)]


def _moved(basis: Basis, cause: str, words: str) -> Iterator[Step]:
    was = basis.get("was")
    if was:
        yield Step("was", {"on": was}, "was")
    if cause:
        facts = {"cause": cause, "words": words} if words else {"cause": cause}
        yield Step("cause", facts, "cause" if words else "")


def _rule(basis: Basis) -> Iterator[Step]:
    if "rule" not in basis:
        return
    rule = basis["rule"]
    if not rule:
        yield Step("rule", {"name": None}, "no_rule")
        return
    facts = {"name": rule.get("name"), "version": rule.get("version"), "mode": rule.get("mode") or "deny"}
    level = _number(basis.get("service_level"))
    yield Step("rule", {**facts, "level": level}, "rule" if level is None else "rule_level")


def _split(basis: Basis) -> Iterator[Step]:
    now, later = basis.get("now_qty"), basis.get("later_qty")
    if now is not None and later is not None and now + later:
        yield Step("split", {"now_qty": now, "later_qty": later}, "split" if now and later else "")


def _supplies(basis: Basis, names: Names) -> Iterator[Step]:
    supplies = [row for row in _rows(basis, "supplies") if isinstance(row, Mapping)]
    for supply in supplies[:SUPPLIES_TOLD]:
        yield _supply(supply)
        yield from _standing(supply)
        yield from _borrowed(supply, names)
        yield from _claimed(supply)
        yield from _yield(supply.get("yield") or {})
        yield from _buffer(supply.get("buffer") or {})
    more = len(supplies) - SUPPLIES_TOLD
    if more > 0:
        yield Step("more_supplies", {"count": more}, "more_supplies")


def _supply(supply: Mapping[str, Any]) -> Step:
    names = ("qty", "sku", "kind", "reference", "location", "expected_on")
    facts = {name: supply.get(name) for name in names}
    if supply.get("kind") == "stock":
        return Step("supply", facts, "supply_stock")
    if facts["expected_on"]:
        return Step("supply", facts, "supply_expected_named" if facts["reference"] else "supply_expected")
    return Step("supply", facts, "supply_undated")


def _standing(supply: Mapping[str, Any]) -> Iterator[Step]:
    """How far it can be trusted; of goods on hand there is nothing to say."""
    standing = supply.get("standing")
    if standing and supply.get("kind") != "stock":
        facts = {"standing": standing, "kind": supply.get("kind")}
        yield Step("standing", facts, "standing_aboard" if standing == "on the way" else "standing")


def _borrowed(supply: Mapping[str, Any], names: Names) -> Iterator[Step]:
    """Goods on hand lent by lines that want them later."""
    loans = [loan for loan in _rows(supply, "borrowed_from") if isinstance(loan, Mapping)]
    if not loans:
        return
    lenders = [loan.get("line") for loan in loans]
    known = [names[pk] for pk in lenders if isinstance(pk, int) and pk in names]
    facts = {"units": sum(loan.get("qty") or 0 for loan in loans), "lines": len(set(lenders)), "names": known}
    yield Step("borrowed", facts, "borrowed_named" if len(known) == len(lenders) else "borrowed")


def _yield(measured: Mapping[str, Any]) -> Iterator[Step]:
    """Of a purchase only so much is counted on as its supplier delivers well; said where it is not all."""
    share = measured.get("share")
    if share is not None and measured.get("samples"):
        facts = {"share": share, "samples": measured["samples"], "group": measured.get("group")}
        yield Step("yield", facts, "yield" if share < 1 else "")


def _claimed(supply: Mapping[str, Any]) -> Iterator[Step]:
    """How much of an inbound is for those who came before."""
    whole, before = supply.get("supply_qty"), supply.get("claimed_before")
    if whole and before and supply.get("kind") != "stock":
        yield Step("claimed_before", {"units": before, "of_units": whole}, "claimed_before")


def _buffer(buffer: Mapping[str, Any]) -> Iterator[Step]:
    days = buffer.get("level_days")
    if days is None:
        return
    if buffer.get("basis") != "measured":
        if days:
            yield Step("buffer", {"buffer_days": days, "measured": False}, "least_buffer")
        return
    facts = {
        "buffer_days": days,
        "median_days": buffer.get("median_days"),
        "measured": True,
        "samples": buffer.get("samples"),
        "group": buffer.get("group"),
        "level": _number(buffer.get("level")),
    }
    yield Step("buffer", facts, "buffer")
    if buffer.get("late_by") is not None:
        yield Step("already_late", {"late_by": buffer["late_by"]}, "already_late")


_CALENDAR = {
    "expected": "expected",
    "overdue": "overdue",
    "received": "received",
    "packed": "packed",
    "ship_together": "ship_together",
    "bucket": "bucket",
}


def _calendar(basis: Basis) -> Iterator[Step]:
    for raw in _rows(basis, "calendar"):
        if isinstance(raw, str):
            yield Step("said", {"words": raw}, "said")
            continue
        facts = {name: value for name, value in raw.items() if name != "step"}
        kind = str(raw.get("step"))
        yield Step(kind, facts, _calendar_phrase(kind, facts))
        if facts.get("holidays"):
            yield Step("holidays", {"holidays": facts["holidays"]}, "holidays")


def _calendar_phrase(kind: str, facts: Mapping[str, Any]) -> str:
    if kind == "ordered":
        why = facts.get("late") or ("wave" if facts.get("wave") else "")
        return f"ordered_{why}" if why else "ordered"
    if kind == "shipped":
        return "shipped_to" if facts.get("region") else "shipped"
    if kind == "not_before":
        return f"not_before_{facts.get('why', 'wanted')}"
    return _CALENDAR.get(kind, "")


def _guards(basis: Basis) -> Iterator[Step]:
    """Caps, protections and the guard against volatile demand."""
    for cap in _rows(basis, "caps"):
        most = cap.get("max_open_units")
        facts = {"name": cap.get("cap"), "used": cap.get("used"), "most": most}
        watching = bool(cap.get("monitor_only"))
        phrase = "cap_unlimited" if most is None else "cap_watching" if watching else "cap"
        yield Step("cap", {**facts, "monitor_only": watching}, phrase)
        for drawn in _rows(cap, "drawn"):
            took = {"name": cap.get("cap"), "units": drawn.get("qty"), "on": drawn.get("bucket_on")}
            yield Step("drawn", took, "drawn")
    for kept in _rows(basis, "protections"):
        facts = {"name": kept.get("group") or kept.get("name"), "units": kept.get("qty")}
        yield Step("protection", {**facts, "kind": kept.get("kind")}, "protection")
    volatility = basis.get("volatility")
    if isinstance(volatility, Mapping) and volatility.get("cv") is not None:
        facts = {"cv": volatility["cv"], "most": volatility.get("max")}
        yield Step("volatility", facts, "volatility_guarded" if facts["most"] is not None else "volatility")


def _ahead(basis: Basis) -> Iterator[Step]:
    ahead = basis.get("ahead")
    if not isinstance(ahead, Mapping) or not ahead.get("lines"):
        return
    facts = {"lines": ahead["lines"], "units": ahead.get("units")}
    names = list(ahead.get("names") or ())
    yield Step("ahead", {**facts, "names": names}, "ahead_named" if names else "ahead")


def _lost(basis: Basis, names: Names) -> Iterator[Step]:
    known: Sequence[Any] = basis.get("lost_to_names") or [
        names.get(pk, f"#{pk}") for pk in _rows(basis, "lost_to") if isinstance(pk, int)
    ]
    if known:
        yield Step("lost_to", {"names": [str(name) for name in known]}, "lost_to")


def _refused(basis: Basis) -> Iterator[Step]:
    refused = basis.get("refused_qty")
    if refused:
        facts = {"units": refused, "reason": basis.get("reason"), "cap": basis.get("refused_by") or None}
        yield Step("refused", facts, "refused_cap" if facts["cap"] else "refused")


def _rows(basis: Basis, name: str) -> list[Any]:
    found = basis.get(name)
    return list(found) if isinstance(found, (list, tuple)) else []


def _number(raw: Any) -> float | None:
    return None if raw is None else float(raw)
