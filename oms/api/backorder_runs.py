"""Backorder runs: started, looked at, their lines with who lost what to whom, and lifted again."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from backorders import running, segments
from backorders.figuring import CHANGES
from backorders.models import BackorderRun, OnException, RunLine, RunVariant
from backorders.rules.runs import RunClass
from backorders.rules.sharing import SharePolicy
from oms.api import filtering
from oms.api.fields import Body, Flag, Money, OptionalText, money
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Operation, Post, Read, one
from oms.api.order_lines import instant
from oms.api.refs import unknown
from oms.orders.models import OrderLine

READERS = ("read", "policies")
WRITERS = ("policies",)
State = BackorderRun.State

_TEXTS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_DAYS = {"type": "integer", "minimum": 0, "maximum": segments.LONGEST_AGE}
_AGE = {"oneOf": [_DAYS, {"type": "object", "properties": {"min": _DAYS, "max": _DAYS}}]}
_SEGMENT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "filter": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _AGE if name == "age" else _TEXTS for name in segments.FILTERS},
            "description": "Lines of all these; empty: all that no earlier segment took. Age in days.",
        },
        "class": {"type": "string", "enum": [cls.value for cls in RunClass], "default": "improve"},
        "sort": {
            "type": "array",
            "items": {"type": "string"},
            "description": f"{', '.join(segments.SORTS)}; a minus turns it round. Then always by rank.",
        },
        "share": {"type": ["string", "null"], "enum": [*[share.value for share in SharePolicy], None]},
    },
}


@extend_schema_field({"type": "array", "items": _SEGMENT, "minItems": 1, "maxItems": segments.MOST_SEGMENTS})
class Segments(serializers.JSONField):
    """Segments in order; a line is treated as the first one that takes it says. Others are left alone."""


class RunIn(Body):
    """Segments, or the name of a saved variant; dry unless said otherwise."""

    segments = Segments(required=False)
    variant = OptionalText(max_length=80)
    dry_run = Flag(default=True)
    on_exception = serializers.ChoiceField(OnException.choices, required=False, default="")
    fallback = OptionalText(max_length=80, help_text="The variant to fall back to.")
    note = OptionalText(max_length=500)


class RunOut(serializers.Serializer[BackorderRun]):
    """A run, how far it is, and what it does in figures."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(State.choices)
    dry_run = serializers.BooleanField()
    variant = serializers.CharField(allow_null=True)
    segments = Segments()
    on_exception = serializers.ChoiceField(OnException.choices)
    fallback = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    skus = serializers.IntegerField(allow_null=True, help_text="SKUs in the run; null until it starts.")
    figures = serializers.JSONField(
        help_text="Who gains and loses: lines, units, value; churn; promises broken. Empty until it ends."
    )
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    finished_at = serializers.DateTimeField(allow_null=True)
    lifted_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()
    lines_url = serializers.CharField()

    def to_representation(self, run: BackorderRun) -> dict[str, Any]:
        plain = ("id", "state", "segments", "on_exception", "note", "error", "created_by")
        url = reverse("backorder-run", kwargs={"id": run.pk})
        return {
            **{name: getattr(run, name) for name in plain},
            "dry_run": run.is_dry,
            "variant": run.variant.name if run.variant else None,
            "fallback": run.fallback_name or None,
            "skus": run.sku_count,
            "figures": figures_body(run.figures),
            "created_at": instant(run.created_at),
            "finished_at": instant(run.finished_at),
            "lifted_at": instant(run.lifted_at),
            "url": url,
            "lines_url": f"{url}lines/",
        }


class RunLineOut(serializers.Serializer[RunLine]):
    """An order line in a run; units, and the days its goods are ready."""

    class _Other(serializers.Serializer[Any]):
        order = serializers.CharField()
        line_no = serializers.IntegerField()
        qty = serializers.IntegerField()

    order = serializers.CharField()
    line_no = serializers.IntegerField()
    order_line = serializers.IntegerField()
    sku = serializers.CharField()
    segment = serializers.IntegerField(help_text="From 0.")
    requested = serializers.IntegerField()
    old = serializers.IntegerField()
    new = serializers.IntegerField()
    old_on = serializers.DateField(allow_null=True)
    new_on = serializers.DateField(allow_null=True)
    change = serializers.ChoiceField(list(CHANGES))
    keep_by = serializers.DateField(allow_null=True, help_text="The day its promise holds until.")
    breaks_promise = serializers.BooleanField()
    shuffled = serializers.BooleanField(help_text="On other supply, with neither quantity nor date changed.")
    owed = serializers.IntegerField(allow_null=True, help_text="Guaranteed units that could not be paid.")
    kit_part = serializers.BooleanField(
        help_text="A part of a kit: skipped whatever its segment says, for only all parts make the kit ready."
    )
    value = Money()
    lost_to = _Other(many=True)
    gained_from = _Other(many=True)

    def get_fields(self) -> dict[str, Any]:
        # A word of Python's own, so it cannot be an attribute.
        return {**super().get_fields(), "class": serializers.ChoiceField([cls.value for cls in RunClass])}

    def to_representation(self, row: RunLine) -> dict[str, Any]:
        line = row.order_line
        names: dict[int, tuple[str, int]] = self.context.get("names", {})
        return {
            "order": line.order.number,
            "line_no": line.line_no,
            "order_line": line.pk,
            "sku": row.sku.code,
            "class": row.run_class,
            "segment": row.segment,
            "requested": row.requested_qty,
            "old": row.before_qty,
            "new": row.after_qty,
            "old_on": row.before_on.isoformat() if row.before_on else None,
            "new_on": row.after_on.isoformat() if row.after_on else None,
            "change": row.change,
            "keep_by": row.keep_by.isoformat() if row.keep_by else None,
            "breaks_promise": row.breaks_promise,
            "shuffled": row.is_shuffled,
            "owed": row.owed_qty,
            "kit_part": row.is_kit_part,
            "value": money(row.unit_value * abs(row.after_qty - row.before_qty), row.currency),
            "lost_to": [_other(names, other) for other in row.lost_to if other["line"] in names],
            "gained_from": [_other(names, other) for other in row.gained_from if other["line"] in names],
        }


class RunFilter(filtering.RowFilter):
    """How runs may be picked out."""

    state = filtering.Choice(choices=State.choices)
    dry_run = filtering.Flag(field_name="is_dry")
    variant = filtering.Exact(field_name="variant__name")


class Change(filtering.Choice):
    """Lines by how they come out."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(CHANGES[value]) if value else qs


class Owing(filtering.Flag):
    """Lines whose guarantee could not be paid."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        return qs if value is None else qs.filter(owed_qty__isnull=not value)


class RunLineFilter(filtering.RowFilter):
    """How lines may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    order = filtering.Codes(field_name="order_line__order__number")
    segment = filtering.Number(field_name="segment")
    change = Change(choices=[(name, name) for name in CHANGES])
    breaks_promise = filtering.Flag(field_name="breaks_promise")
    exception = Owing(field_name="owed_qty")

    @classmethod
    def get_filters(cls) -> Any:
        named = filtering.Choice(field_name="run_class", choices=[(cls.value, cls.value) for cls in RunClass])
        return {**super().get_filters(), "class": named}


class StartRun(Post):
    """Start a backorder run; a job checks it over all SKUs and, unless it is dry, writes it SKU by SKU."""

    scopes = WRITERS
    Input = RunIn
    Output = RunOut
    status = 202

    def perform(self, data: Any) -> Answer:
        require_all(self)
        run = running.start(
            raw_segments=data.get("segments"),
            variant=variant_named(data["variant"], "variant"),
            is_dry=data["dry_run"],
            on_exception=data["on_exception"],
            fallback=variant_named(data["fallback"], "fallback"),
            note=data["note"],
            actor=self.actor,
        )
        body = self.out(run)
        return Answer(body, self.status, {"Location": body["url"]})


class ListRuns(Listing):
    """Runs, the newest first."""

    scopes = READERS
    Filter = RunFilter
    Output = RunOut

    def rows(self) -> QuerySet[BackorderRun]:
        return own_runs(self.call)


class GetRun(Read):
    """One run."""

    scopes = READERS
    Output = RunOut

    def read(self) -> Answer:
        return Answer(self.out(one(own_runs(self.call), pk=self.where["id"])))


class ListRunLines(Listing):
    """The lines of a run, with what each had and has."""

    scopes = READERS
    Filter = RunLineFilter
    Output = RunLineOut
    orderings = ("id",)
    ordering = "id"

    def rows(self) -> QuerySet[RunLine]:
        run = one(own_runs(self.call), pk=self.where["id"])
        return RunLine.objects.filter(run=run).select_related("sku", "order_line__order")

    def shown(self, found: list[Any], expand: frozenset[str]) -> list[Any]:
        others = {other["line"] for row in found for other in (*row.lost_to, *row.gained_from)}
        names = names_of(others) if others else {}
        return [self.out(row, names=names) for row in found]


class LiftRun(Post):
    """Let re-plans loose on what a run gave and kept back: the queue decides again by rank."""

    scopes = WRITERS
    Output = RunOut
    status = 200

    def perform(self, data: Any) -> Answer:
        require_all(self)
        run = one(own_runs(self.call), pk=self.where["id"])
        running.lift(run_id=run.pk)
        return Answer(self.out(one(own_runs(self.call), pk=run.pk)), self.status)


def own_runs(call: Call) -> QuerySet[BackorderRun]:
    """Runs speak of every channel's orders, so only a key without a channel or location sees them."""
    rows = BackorderRun.objects.select_related("variant")
    return rows if is_unrestricted(call) else rows.none()


def is_unrestricted(call: Call) -> bool:
    """Whether the key may see and move the lines of every channel and location."""
    return call.caller.client.channel_id is None and call.caller.client.location_id is None


def require_all(operation: Operation) -> None:
    """Raise PermissionDenied for a key of one channel or location."""
    if not is_unrestricted(operation.call):
        raise PermissionDenied("A run moves the lines of every channel; this key is for one of them.")


def variant_named(name: str, field: str) -> RunVariant | None:
    """The saved variant of this name; UnknownReference if there is none."""
    if not name:
        return None
    found = RunVariant.objects.select_related("fallback").filter(name=name).first()
    if found is None:
        raise unknown(field, "run variant", name)
    return found


def names_of(line_ids: set[int]) -> dict[int, tuple[str, int]]:
    """Order numbers and line numbers by line id, in one query."""
    rows = OrderLine.objects.filter(pk__in=line_ids)
    return {pk: (number, no) for pk, number, no in rows.values_list("pk", "order__number", "line_no")}


def figures_body(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures with money as the contract writes it."""
    body = dict(figures)
    for name in ("gain", "lose"):
        if name in body:
            body[name] = {**body[name], "value": _monies(body[name]["value"])}
    if "broken_value" in body:
        body["broken_value"] = _monies(body["broken_value"])
    return body


def _monies(by_currency: dict[str, str]) -> list[dict[str, str]]:
    return [{"amount": amount, "currency": currency} for currency, amount in by_currency.items()]


def _other(names: dict[int, tuple[str, int]], other: dict[str, int]) -> dict[str, Any]:
    number, line_no = names[other["line"]]
    return {"order": number, "line_no": line_no, "qty": other["qty"]}
