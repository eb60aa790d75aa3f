"""Key figures of a window: of what was accepted, of the open backorders now, of what happened meanwhile."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.insight import answering, goodwill
from backorders.insight.answering import Group, Window
from backorders.insight.kpis import Figure, Unit
from backorders.insight.narrowing import Narrow
from backorders.insight.rolling import midnight
from backorders.insight.totalling import SPLITS
from backorders.models import Backorder
from backorders.rules.types import WaitMode
from oms.api.access import Caller
from oms.api.fields import Body, Day
from oms.api.idempotency import Answer
from oms.api.operations import Read
from oms.api.order_lines import instant
from oms.kernel import clock

READERS = ("read", "policies", "purchasing", "service", "orders")
USUAL = timedelta(days=30)
LONGEST = timedelta(days=5 * 366)


def word(length: int) -> serializers.CharField:
    """A code to narrow by; empty or left out is for all."""
    return serializers.CharField(required=False, allow_blank=True, max_length=length, default="")


class NarrowQuery(Body):
    """Which days, and which lines of them."""

    to = Day(required=False, help_text="Not included; left out: tomorrow.")
    channel = word(40)
    region = word(40)
    sku = word(80)
    category = word(80)
    supplier = word(40)
    cause = serializers.ChoiceField(Backorder.Cause.choices, required=False, allow_blank=True, default="")
    mode = serializers.ChoiceField(
        [mode.value for mode in WaitMode], required=False, allow_blank=True, default=""
    )

    def get_fields(self) -> dict[str, Any]:
        since = Day(required=False, help_text="Left out: thirty days before `to`.")
        return {"from": since, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.setdefault("to", clock.today(settings.TIME_ZONE) + timedelta(days=1))
        since = attrs.setdefault("from", until - USUAL)
        if since >= until or until - since > LONGEST:
            words = "A window starts before it ends, and is no longer than five years."
            raise ValidationError({"from": [ErrorDetail(words, code="invalid")]})
        return attrs


class KpiQuery(NarrowQuery):
    """Besides: how the figures are to be told apart."""

    by = serializers.ChoiceField(list(answering.PERIODS), required=False, help_text="Apart by period.")
    split = serializers.ChoiceField(
        list(SPLITS), required=False, help_text="Apart by what lines differ in; instead of `by`."
    )


class FigureOut(serializers.Serializer[Any]):
    """One figure; `of` is the pair a share was divided from."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.FloatField(allow_null=True, help_text="Shares as fractions; null of nothing.")
    unit = serializers.ChoiceField([unit.value for unit in Unit])
    of = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class GoodwillOut(serializers.Serializer[Any]):
    """NPS of orders with backorders against like ones (class, value band, channel, month)."""

    backordered = serializers.IntegerField(help_text="Reviews of orders with a backorder.")
    matched = serializers.IntegerField(help_text="Of these, with a like order to compare with.")
    nps_backordered = serializers.FloatField(allow_null=True)
    nps_others = serializers.FloatField(allow_null=True)
    points = serializers.FloatField(allow_null=True, help_text="The difference.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of its 95 % interval.")
    high = serializers.FloatField(allow_null=True, help_text="Upper end of its 95 % interval.")


class GroupOut(serializers.Serializer[Any]):
    """Cohort and cycle of one period, or of one channel, SKU, cause …"""

    group = serializers.CharField(help_text="A day, a week's Monday, a month such as 2026-03; or a code.")
    figures = serializers.DictField(child=serializers.FloatField(allow_null=True))


class KpisOut(serializers.Serializer[Any]):
    """All figures by code in `figures`; with labels and denominators in the three lists."""

    to = serializers.DateField()
    as_of = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    split = serializers.CharField(allow_null=True)
    figures = serializers.DictField(child=serializers.FloatField(allow_null=True))
    cohort = FigureOut(many=True, help_text="Of the lines accepted in the window, as they stand now.")
    snapshot = FigureOut(many=True, help_text="Of the open backorders now.")
    flow = FigureOut(many=True, help_text="Of what was released, told, refused, received in the window.")
    goodwill = GoodwillOut()
    results = GroupOut(many=True, help_text="Apart by `by` or `split`; empty without.")

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(), **super().get_fields()}


class GetKpis(Read):
    """Key figures of the window [from, to), narrowed, and apart by period or by `split`."""

    scopes = READERS
    Query = KpiQuery
    Output = KpisOut

    def read(self) -> Answer:
        asked = self.asked
        window = window_of(asked, self.caller)
        parts = {
            "cohort": answering.cohort(window),
            "snapshot": answering.snapshot(window),
            "flow": answering.flow(window),
        }
        return Answer(
            {
                "from": asked["from"].isoformat(),
                "to": asked["to"].isoformat(),
                "as_of": instant(clock.now()),
                "by": asked.get("by"),
                "split": asked.get("split"),
                "figures": {f.code: number(f.value) for found in parts.values() for f in found},
                **{name: [_shown(figure) for figure in found] for name, found in parts.items()},
                "goodwill": _goodwill(window),
                "results": [_group(group) for group in _apart(window, asked)],
            }
        )


def window_of(asked: dict[str, Any], caller: Caller) -> Window:
    """The days and lines asked about; a client bound to a channel sees that one alone."""
    narrow = Narrow(
        **{
            name: asked[name]
            for name in ("channel", "region", "sku", "category", "supplier", "cause", "mode")
        }
    )
    if own := caller.client.channel:
        narrow = replace(narrow, channel=own.code)
    return Window(start=asked["from"], end=asked["to"], zone=settings.TIME_ZONE, narrow=narrow)


def number(value: Fraction | None) -> float | None:
    """As JSON writes it; whole numbers without a fraction."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)


def _apart(window: Window, asked: dict[str, Any]) -> Iterable[Group]:
    if split := asked.get("split"):
        return answering.by_word(window, split)
    by = asked.get("by")
    return answering.by_period(window, by) if by else []


def _shown(figure: Figure) -> dict[str, Any]:
    return {
        "code": figure.code,
        "label": figure.label,
        "value": number(figure.value),
        "unit": figure.unit.value,
        "of": [number(part) for part in figure.of] if figure.of else None,
    }


def _group(group: Group) -> dict[str, Any]:
    return {"group": group.name, "figures": {f.code: number(f.value) for f in group.figures}}


def _goodwill(window: Window) -> dict[str, Any]:
    effect = goodwill.effect(
        midnight(window.start, window.zone), midnight(window.end, window.zone), window.narrow
    )
    points = ("nps_backordered", "nps_others", "points", "low", "high")
    shown = {name: getattr(effect, name) for name in points}
    return {
        "backordered": effect.backordered,
        "matched": effect.matched,
        **{name: None if value is None else round(value, 2) for name, value in shown.items()},
    }
