"""Calibration: of the promises made at a service level, the share kept, with their buffers and loss."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.insight import calibration
from backorders.insight.calibration import KeptShare
from oms.api.fields import Body, Day
from oms.api.idempotency import Answer
from oms.api.operations import Read
from oms.kernel import clock

READERS = ("read", "policies", "purchasing", "service")
A_YEAR = timedelta(days=365)
LONGEST = timedelta(days=5 * 366)
GROUPINGS = {
    "month": calibration.by_month,
    "supplier": calibration.by_supplier,
    "level": calibration.in_all,
}


class CalibrationQuery(Body):
    """Which promises: those that fell due from a day up to, not including, another."""

    to = Day(required=False, help_text="Not included; left out: today.")
    supplier = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    level = serializers.DecimalField(
        max_digits=4, decimal_places=3, min_value=Decimal("0.001"), max_value=Decimal("0.999"), required=False
    )
    by = serializers.ChoiceField(list(GROUPINGS), default="month")

    def get_fields(self) -> dict[str, Any]:
        since = Day(required=False, help_text="Left out: a year before `to`.")
        return {"from": since, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.setdefault("to", clock.today(settings.TIME_ZONE))
        since = attrs.setdefault("from", until - A_YEAR)
        if since >= until or until - since > LONGEST:
            words = "A window starts before it ends, and is no longer than five years."
            raise ValidationError({"from": [ErrorDetail(words, code="invalid")]})
        return attrs


class ShareOut(serializers.Serializer[Any]):
    """Promises of one group made at one level; figures are null where there is none."""

    group = serializers.CharField(help_text="A month such as 2026-03, a supplier's code, or `all`.")
    level = serializers.FloatField()
    n = serializers.IntegerField(help_text="Promises that fell due.")
    kept = serializers.IntegerField(help_text="Of these, wholly shipped by the latest promised day.")
    share = serializers.FloatField()
    off_points = serializers.FloatField(help_text="Share less level, in points; below 0: kept too rarely.")
    mean_buffer_days = serializers.FloatField(allow_null=True)
    pinball = serializers.FloatField(help_text="Mean quantile loss of the latest day, in days.")


class CalibrationOut(serializers.Serializer[Any]):
    """The shares by group and level, and by level in all."""

    to = serializers.DateField()
    by = serializers.ChoiceField(list(GROUPINGS))
    results = ShareOut(many=True)
    total = ShareOut(many=True, help_text="By level alone; empty when no promise fell due.")

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(), **super().get_fields()}


class GetCalibration(Read):
    """Of first promises of backorders that fell due in a window, the share kept by level.

    Empty lists when none fell due. What the customer cancelled before it was due is left out.
    """

    scopes = READERS
    Query = CalibrationQuery
    Output = CalibrationOut

    def read(self) -> Answer:
        asked = self.asked
        found = [
            outcome
            for outcome in calibration.outcomes(
                start=asked["from"],
                end=asked["to"],
                zone=settings.TIME_ZONE,
                as_of=clock.today(settings.TIME_ZONE),
                channel_id=self.caller.client.channel_id,
            )
            if _is_asked_for(outcome, asked)
        ]
        return Answer(
            {
                **_window(asked["from"], asked["to"]),
                "by": asked["by"],
                "results": [_shown(share) for share in GROUPINGS[asked["by"]](found)],
                "total": [_shown(share) for share in calibration.in_all(found)],
            }
        )


def _is_asked_for(outcome: calibration.Outcome, asked: Mapping[str, Any]) -> bool:
    supplier, level = asked["supplier"], asked.get("level")
    return (not supplier or outcome.supplier == supplier) and (level is None or outcome.level == level)


def _window(since: date, until: date) -> dict[str, str]:
    return {"from": since.isoformat(), "to": until.isoformat()}


def _shown(share: KeptShare) -> dict[str, Any]:
    return {
        "group": share.group,
        "level": float(share.level),
        "n": share.due,
        "kept": share.kept,
        "share": round(float(share.share), 4),
        "off_points": round(float(share.off_points), 1),
        "mean_buffer_days": None if share.buffer_days is None else round(share.buffer_days, 2),
        "pinball": round(share.pinball, 3),
    }
