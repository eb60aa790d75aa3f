"""Backorders by cause: what each stands for in lines, units, value and days, with the way to the lines."""

from typing import Any
from urllib.parse import urlencode

from rest_framework import serializers

from backorders.insight import causal
from backorders.insight.causal import OfCause
from backorders.insight.rolling import midnight
from backorders.models import Backorder
from oms.api.idempotency import Answer
from oms.api.kpis import READERS, NarrowQuery, window_of
from oms.api.operations import Read
from oms.api.order_lines import instant
from oms.kernel import clock


class OfCauseOut(serializers.Serializer[OfCause]):
    """One cause. Intended waits are no failures."""

    cause = serializers.ChoiceField(Backorder.Cause.choices)
    intended = serializers.BooleanField(help_text="The wait was planned by the rule's mode.")
    lines = serializers.IntegerField()
    open_lines = serializers.IntegerField()
    units = serializers.IntegerField()
    explained_units = serializers.FloatField(help_text="Units by the shares of the evidence.")
    value = serializers.FloatField()
    days = serializers.FloatField(help_text="Days waited by all of its lines together.")
    mean_days = serializers.FloatField()
    confidence = serializers.FloatField(help_text="In the mean.")
    open_backorders = serializers.CharField(help_text="Where its open lines are, each with its evidence.")


class CauseReportOut(serializers.Serializer[Any]):
    """Backorders opened in the window, by cause; the most valuable first."""

    to = serializers.DateField()
    as_of = serializers.DateTimeField()
    results = OfCauseOut(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(), **super().get_fields()}


class GetCauseReport(Read):
    """Backorders opened in the window [from, to), by cause."""

    scopes = READERS
    Query = NarrowQuery
    Output = CauseReportOut

    def read(self) -> Answer:
        asked = self.asked
        window = window_of(asked, self.caller)
        start, end = midnight(window.start, window.zone), midnight(window.end, window.zone)
        found = causal.opened(start, end, clock.now(), window.narrow)
        words = {name: word for name, word in window.narrow.asked().items() if name != "cause"}
        return Answer(
            {
                "from": asked["from"].isoformat(),
                "to": asked["to"].isoformat(),
                "as_of": instant(clock.now()),
                "results": [_shown(row, words) for row in found],
            }
        )


def _shown(row: OfCause, words: dict[str, str]) -> dict[str, Any]:
    return {
        "cause": row.cause.value,
        "intended": row.cause.is_intended,
        "lines": row.lines,
        "open_lines": row.open_lines,
        "units": row.units,
        "explained_units": row.explained_units,
        "value": float(row.value),
        "days": round(row.days, 2),
        "mean_days": round(row.mean_days, 2),
        "confidence": round(row.confidence, 2),
        "open_backorders": f"/api/v1/backorders/?{urlencode({**words, 'cause': row.cause.value})}",
    }
