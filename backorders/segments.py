"""The segments of a backorder run: which lines they take, as what class, in which order, shared how."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable

from backorders.models import Backorder, Peg
from backorders.rules.runs import RunClass
from backorders.rules.sharing import SharePolicy
from backorders.rules.types import WaitMode
from inventory.models import Sku
from oms.kernel.errors import InvalidValue, UnknownReference
from oms.orders.models import Channel
from purchasing.models import Supplier, SupplierSku

MOST_SEGMENTS = 20
MOST_VALUES = 500
LONGEST_AGE = 36_500
SORTS = ("age", "value", "qty", "priority", "promised_on", "wanted_on")
"""What lines may be sorted by before their own rank; a minus in front turns it round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Lines that a run treats alike. An empty filter takes all that no earlier segment took."""

    filter: Mapping[str, Any]
    cls: RunClass
    sort: Sequence[str]
    share: SharePolicy | None

    def told(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {
            "filter": dict(self.filter),
            "class": self.cls.value,
            "sort": list(self.sort),
            "share": self.share.value if self.share else None,
        }


def read(raw: Any, *, field: str = "segments") -> list[Segment]:
    """Segments out of JSON; InvalidValue or UnknownReference names what cannot be."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_SEGMENTS:
        raise InvalidValue(f"A run has 1 to {MOST_SEGMENTS} segments, as a list.", field=field)
    found = [_segment(one, f"{field}[{number}]") for number, one in enumerate(raw)]
    _check_codes(found, field)
    return found


def chosen(segments: Sequence[Segment], *, at: datetime) -> Combinable:
    """The number of the first segment that takes a demand; null if none does."""
    cases = [When(_condition(segment, at), then=Value(number)) for number, segment in enumerate(segments)]
    return Case(*cases, default=None, output_field=IntegerField())


def _segment(raw: Any, field: str) -> Segment:
    if not isinstance(raw, Mapping):
        raise InvalidValue("A segment is an object with filter, class, sort and share.", field=field)
    if unknown := sorted(set(map(str, raw)) - {"filter", "class", "sort", "share"}):
        raise InvalidValue("There is no field of this name.", field=f"{field}.{unknown[0]}")
    return Segment(
        filter=_filter(raw.get("filter") or {}, f"{field}.filter"),
        cls=RunClass(_word(raw.get("class") or "improve", RunClass, f"{field}.class")),
        sort=_sort(raw.get("sort") or [], f"{field}.sort"),
        share=SharePolicy(_word(raw["share"], SharePolicy, f"{field}.share")) if raw.get("share") else None,
    )


def _word(value: Any, words: Iterable[str], field: str) -> str:
    known = [str(word) for word in words]
    if not isinstance(value, str) or value not in known:
        raise InvalidValue(f"One of {', '.join(known)}.", field=field)
    return value


def _sort(raw: Any, field: str) -> list[str]:
    keys = [raw] if isinstance(raw, str) else raw
    if not isinstance(keys, list):
        raise InvalidValue("A list of keys.", field=field)
    known = {*SORTS, "rank"}
    for key in keys:
        if not isinstance(key, str) or key.removeprefix("-") not in known:
            raise InvalidValue(
                f"Sort by {', '.join(SORTS)}, a minus in front for the highest first; then always by rank.",
                field=field,
            )
    return [key for key in keys if key != "rank"]


def _filter(raw: Any, field: str) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise InvalidValue("A filter is an object.", field=field)
    for name in raw:
        if name not in _CONDITIONS and name != "age":
            known = ", ".join([*_CONDITIONS, "age"])
            raise InvalidValue(f"There are filters by {known}.", field=f"{field}.{name}")
    clean: dict[str, Any] = {
        name: _values(raw[name], f"{field}.{name}") for name in _CONDITIONS if raw.get(name)
    }
    for name, words in (("cause", Backorder.Cause.values), ("mode", [mode.value for mode in WaitMode])):
        for value in clean.get(name, ()):
            _word(value, words, f"{field}.{name}")
    if raw.get("age") is not None:
        clean["age"] = _age(raw["age"], f"{field}.age")
    return clean


def _values(raw: Any, field: str) -> list[str]:
    values = raw if isinstance(raw, list) else [raw]
    if len(values) > MOST_VALUES or not all(isinstance(v, str) and v and "\x00" not in v for v in values):
        raise InvalidValue(f"A text, or a list of at most {MOST_VALUES} texts.", field=field)
    return list(dict.fromkeys(values))


def _age(raw: Any, field: str) -> dict[str, int]:
    """Days since acceptance: `14` means 14 or more, else `{"min": 14, "max": 60}`."""
    ends = {"min": raw} if not isinstance(raw, Mapping) else raw
    well = ends and set(ends) <= {"min", "max"}
    days = [day for day in ends.values() if day is not None]
    if not well or not all(type(day) is int and 0 <= day <= LONGEST_AGE for day in days):
        raise InvalidValue('Days: a whole number, or {"min": 14, "max": 60}.', field=field)
    return {name: day for name, day in ends.items() if day is not None}


def _check_codes(segments: Sequence[Segment], field: str) -> None:
    """Every code that a filter names exists; one query per kind."""
    for name, rows in (("sku", Sku.objects), ("channel", Channel.objects), ("supplier", Supplier.objects)):
        asked = {code for segment in segments for code in segment.filter.get(name, ())}
        known = set(rows.filter(code__in=asked).values_list("code", flat=True)) if asked else set()
        for number, segment in enumerate(segments):
            for code in segment.filter.get(name, ()):
                if code not in known:
                    raise UnknownReference(
                        f"There is no {name} {code[:80]!r}.", field=f"{field}[{number}].filter.{name}"
                    )


def _condition(segment: Segment, at: datetime) -> Q:
    condition = Q(open_qty__gt=0)
    for name, values in segment.filter.items():
        condition &= _aged(values, at) if name == "age" else _CONDITIONS[name](values)
    return condition


def _aged(ends: Mapping[str, int], at: datetime) -> Q:
    condition = Q()
    if "min" in ends:
        condition &= Q(accepted_at__lte=at - timedelta(days=ends["min"]))
    if "max" in ends:
        condition &= Q(accepted_at__gt=at - timedelta(days=ends["max"] + 1))
    return condition


def _from_suppliers(codes: Sequence[str]) -> Q:
    """SKUs these suppliers sell, and lines that wait for what they deliver."""
    sold = SupplierSku.objects.filter(sku=OuterRef("sku"), supplier__code__in=codes)
    order = "purchase_line__purchase_order__supplier__code__in"
    claims = Peg.objects.filter(demand=OuterRef("pk"))
    bought = claims.filter(Q(**{f"supply__{order}": codes}) | Q(**{f"supply__inbound_line__{order}": codes}))
    return Q(Exists(sold)) | Q(Exists(bought))


def _because(causes: Sequence[str]) -> Q:
    waiting = Backorder.objects.filter(order_line=OuterRef("order_line"), closed_at=None, cause__in=causes)
    return Q(Exists(waiting))


_CONDITIONS: Mapping[str, Callable[[Sequence[str]], Q]] = {
    "channel": lambda codes: Q(channel__code__in=codes),
    "region": lambda names: Q(region__in=names),
    "customer_class": lambda names: Q(order_line__order__customer__customer_class__in=names),
    "sku": lambda codes: Q(sku__code__in=codes),
    "category": lambda names: Q(sku__category__in=names),
    "supplier": _from_suppliers,
    "cause": _because,
    "mode": lambda names: Q(mode__in=names),
}
FILTERS = (*_CONDITIONS, "age")
