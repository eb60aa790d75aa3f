"""How every what-if is answered: who would stand otherwise, and who would not be taken."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from backorders import refusals, whatif
from oms.api.fields import Money, iso, money

MOST_LINES = 200


class MovedOut(serializers.Serializer[Any]):
    """Lines that wait and would stand otherwise: how many, by how much, worth what."""

    later = serializers.IntegerField(help_text="Lines.")
    days_later = serializers.IntegerField(help_text="Of all these lines.")
    earlier = serializers.IntegerField()
    days_earlier = serializers.IntegerField()
    promises_broken = serializers.IntegerField()
    broken_value = serializers.ListField(child=Money())
    refused = serializers.IntegerField(help_text="Lines that would not be taken if ordered now.")
    refused_units = serializers.IntegerField(help_text="Of these lines, those that would not fit.")
    refused_value = serializers.ListField(child=Money())
    refused_by_bucket = serializers.ListField(
        child=serializers.DictField(), help_text="bucket_on, lines and units, of a cap by week or month."
    )
    lines = serializers.ListField(
        child=serializers.DictField(), help_text="The most valuable first; at most 200."
    )


class PreviewOut(serializers.Serializer[Any]):
    """What differs under the policy."""

    class _Change(serializers.Serializer[Any]):
        subject = serializers.CharField()
        before = serializers.JSONField()
        after = serializers.JSONField()

    class _Queue(MovedOut):
        skus = serializers.IntegerField(help_text="With lines that wait, in the policy's scope.")
        skus_looked_at = serializers.IntegerField()

    class _Recent(serializers.Serializer[Any]):
        days = serializers.IntegerField()
        asked_units = serializers.IntegerField(help_text="In the policy's scope, refused ones included.")
        refused_units_before = serializers.IntegerField(help_text="Under the policy as it stands.")
        refused_units = serializers.IntegerField(help_text="Under the policy as it might be.")

    looked_at = serializers.IntegerField()
    changed = _Change(many=True)
    open_demand = _Queue()
    recent_demand = _Recent(
        allow_null=True,
        help_text="Of caps and protections: what they would have refused of the last weeks' demand, had they "
        "been in force all along.",
    )


def moved(rows: Sequence[whatif.MovedLine]) -> dict[str, Any]:
    """Those who wait and would stand otherwise, as the contract writes it."""
    days = [row.days for row in rows if row.days]
    later, earlier = [day for day in days if day > 0], [-day for day in days if day < 0]
    broken = [row for row in rows if row.is_broken]
    refused = [row for row in rows if row.refused is not None]
    return {
        "later": len(later),
        "days_later": sum(later),
        "earlier": len(earlier),
        "days_earlier": sum(earlier),
        "promises_broken": len(broken),
        "broken_value": [money(value, code) for code, value in sorted(whatif.value_of(broken).items())],
        "refused": len(refused),
        "refused_units": sum(row.qty for row in refused),
        "refused_value": [money(value, code) for code, value in sorted(whatif.value_of(refused).items())],
        "refused_by_bucket": [],
        "lines": [
            {
                "order": row.line.order.number,
                "line_no": row.line.line_no,
                "qty": row.qty,
                "before_on": iso(row.before_on),
                "after_on": iso(row.after_on),
                "days": row.days,
                "breaks_promise": row.is_broken,
                "refused": row.refused,
                "value": money(row.value, row.line.order.currency),
            }
            for row in rows[:MOST_LINES]
        ],
    }


def refused_demand(refused: refusals.Refusals) -> dict[str, Any]:
    """Who would not fit, as the contract writes it; `qty` of a line is what would not."""
    return {
        "skus": refused.skus,
        "skus_looked_at": refused.skus,
        "refused": len(refused.lines),
        "refused_units": refused.units,
        "refused_value": [money(value, code) for code, value in sorted(refused.value.items())],
        "refused_by_bucket": [
            {"bucket_on": bucket.isoformat(), "lines": lines, "units": units}
            for bucket, lines, units in refused.by_bucket
        ],
        "lines": [
            {
                "order": row.line.order.number,
                "line_no": row.line.line_no,
                "qty": row.qty,
                "refused": row.reason,
                "refused_by": row.refused_by,
                "bucket_on": iso(row.bucket_on),
                "value": money(row.value, row.line.order.currency),
            }
            for row in refused.lines[:MOST_LINES]
        ],
    }


def recent_demand(recent: refusals.Recent) -> dict[str, int]:
    """What a cap or a floor would have refused of late, as the contract writes it."""
    return {
        "days": recent.days,
        "asked_units": recent.asked_units,
        "refused_units_before": recent.refused_before,
        "refused_units": recent.refused_units,
    }
