"""“Why this date?” in sentences: what the basis of a promise says of rule, supplies, calendar and caps."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from oms.kernel import shown

Basis = Mapping[str, Any]
Names = Mapping[int, str]


def sentences(basis: Basis, lines: Names) -> list[str]:
    """Everything the promise was made from, in the order in which it was looked at."""
    said = [_rule(basis), _split(basis)]
    said += [_supply(supply) for supply in basis.get("supplies") or []]
    said += list(basis.get("calendar") or [])
    said += [_cap(cap) for cap in basis.get("caps") or []]
    said += [_before(basis), _lost(basis, lines)]
    return [words for words in said if words]


def lines_named(basis: Basis) -> list[int]:
    """Order lines the basis names by id."""
    return [pk for pk in basis.get("lost_to") or [] if isinstance(pk, int)]


def _rule(basis: Basis) -> str:
    rule = basis.get("rule")
    if not rule:
        return "No ATP rule spoke for it: only stock counts."
    level = basis.get("service_level")
    held = f", dated for a service level of {float(level):.0%}" if level else ""
    mode = str(rule.get("mode", "")).replace("_", " ")
    return f"Rule “{rule.get('name')}”, version {rule.get('version')} ({mode}){held}."


def _split(basis: Basis) -> str:
    if "now_qty" not in basis:
        return ""
    return f"{basis['now_qty']} from stock at once, {basis['later_qty']} later."


def _supply(supply: Basis) -> str:
    reference = supply.get("reference")
    name = f"{supply.get('kind')} {reference}" if reference else str(supply.get("kind"))
    words = f"{supply.get('qty')} of {supply.get('sku')} from {name} at {supply.get('location')}"
    if expected := supply.get("expected_on"):
        words += f", expected {shown.day(date.fromisoformat(expected))}"
    return f"{words}{_buffer(supply.get('buffer') or {})}."


def _buffer(buffer: Basis) -> str:
    days = buffer.get("level_days")
    if buffer.get("basis") != "measured":
        return f", with {shown.count(days, 'day')} of buffer" if days else ""
    measured = f"{shown.count(buffer['samples'], 'delivery', 'deliveries')} ({buffer.get('group')})"
    late = f" that were later than {shown.count(buffer['late_by'], 'day')}" if "late_by" in buffer else ""
    return f", with {shown.count(buffer['level_days'], 'day')} of buffer measured on {measured}{late}"


def _cap(cap: Basis) -> str:
    most = cap.get("max_open_units")
    room = "no ceiling" if most is None else f"{cap.get('used')} of {most} used"
    watching = ", only watching" if cap.get("monitor_only") else ""
    return f"Cap “{cap.get('cap')}”: {room}{watching}."


def _before(basis: Basis) -> str:
    was = basis.get("was")
    return f"Promised before: {shown.day(date.fromisoformat(was))}." if was else ""


def _lost(basis: Basis, lines: Names) -> str:
    lost = [lines.get(pk, f"line {pk}") for pk in lines_named(basis)]
    return f"Units it had went to {', '.join(lost)}, which ranks better." if lost else ""
