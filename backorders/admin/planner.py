"""The planner's page: segments of a backorder run chosen or edited, previewed, saved under a name."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse

from backorders import running, segments
from backorders.models import Backorder, BackorderRun, OnException, RunVariant
from backorders.rules.runs import RunClass
from backorders.rules.sharing import SharePolicy
from backorders.rules.types import WaitMode
from inventory.models import Sku
from oms.kernel import shown
from oms.kernel.admin.buttons import actor_of
from oms.kernel.admin.forms import AskForm
from oms.kernel.errors import DomainError, InvalidValue
from oms.orders.models import Channel
from purchasing.models import Supplier

LOOKED_AT_ONCE = 5.0
"""Seconds that a preview may take before its page shows itself and waits."""
HINTS = 200
MAY = "backorders.run_backorders"

CLASS_WORDS = {
    RunClass.WIN: "win: whole quantity on time, or an exception",
    RunClass.GAIN: "gain: keep all they have, then more",
    RunClass.IMPROVE: "improve: try to keep, then better",
    RunClass.REDISTRIBUTE: "redistribute: start from nothing, by turn",
    RunClass.FILL: "fill: what is left, never more than before",
    RunClass.LOSE: "lose: give up everything",
    RunClass.SKIP: "skip: left alone",
}
SORT_WORDS = {
    "": "as in the queue",
    "-age": "waiting longest first",
    "-value": "most valuable first",
    "promised_on": "earliest promise first",
    "wanted_on": "wanted first",
    "priority": "by priority of the order",
    "qty": "smallest first",
    "-qty": "largest first",
}
SHARE_WORDS = {
    "": "one after the other",
    SharePolicy.PROPORTIONAL.value: "shared in proportion",
    SharePolicy.EVEN.value: "shared evenly",
    SharePolicy.DAYS_OF_SUPPLY.value: "shared by days of supply",
}
_TEXTS = ("channel", "region", "customer_class", "sku", "category", "supplier")


class SegmentForm(AskForm):
    """One segment; texts take several values with commas."""

    cls = forms.ChoiceField(
        label="These lines", choices=[(cls.value, words) for cls, words in CLASS_WORDS.items()]
    )
    sort = forms.ChoiceField(label="Served", choices=SORT_WORDS.items(), required=False)
    share = forms.ChoiceField(label="If it is too little", choices=SHARE_WORDS.items(), required=False)
    channel = forms.CharField(label="Channels", required=False)
    region = forms.CharField(label="Regions", required=False)
    customer_class = forms.CharField(label="Customer classes", required=False)
    sku = forms.CharField(label="SKUs", required=False)
    category = forms.CharField(label="Categories", required=False)
    supplier = forms.CharField(label="Suppliers", required=False)
    min_age = forms.IntegerField(label="Waiting days, from", required=False, min_value=0)
    max_age = forms.IntegerField(label="to", required=False, min_value=0)
    cause = forms.ChoiceField(label="Cause", required=False, choices=[("", "any"), *Backorder.Cause.choices])
    mode = forms.ChoiceField(
        label="Kind of wait",
        required=False,
        choices=[("", "any"), *[(mode.value, shown.spelt(mode.value)) for mode in WaitMode]],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _TEXTS:
            self.fields[name].widget.attrs |= {"placeholder": "all", "list": f"hints-{name}"}

    def told(self) -> dict[str, Any]:
        """The segment as a run takes it."""
        data = self.cleaned_data
        kept: dict[str, Any] = {name: _split(data[name]) for name in _TEXTS if data[name]}
        kept |= {name: [data[name]] for name in ("cause", "mode") if data[name]}
        ends = {"min": data["min_age"], "max": data["max_age"]}
        if age := {name: day for name, day in ends.items() if day is not None}:
            kept["age"] = age
        sort = [data["sort"]] if data["sort"] else []
        return {"filter": kept, "class": data["cls"], "sort": sort, "share": data["share"] or None}

    def how(self) -> list[forms.BoundField]:
        """The fields that say what happens to the lines."""
        return [self[name] for name in ("cls", "sort", "share")]

    def which(self) -> list[forms.BoundField]:
        """The fields that say which lines."""
        return [self[name] for name in (*_TEXTS, "min_age", "max_age", "cause", "mode")]


class PlanForm(AskForm):
    """What holds for the whole run."""

    on_exception = forms.ChoiceField(
        label="If a guarantee cannot be paid",
        choices=[(OnException.ABORT, "keep everything as it was"), (OnException.FALLBACK, "fall back to …")],
    )
    fallback = forms.ModelChoiceField(
        label="… this variant", queryset=RunVariant.objects.order_by("name"), required=False, empty_label="–"
    )
    note = forms.CharField(label="Note", required=False, max_length=500)
    save_as = forms.CharField(
        label="Save as variant",
        required=False,
        max_length=80,
        help_text="Only for “Save”. A variant of this name is replaced; its history stays.",
    )


def page(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """The planner's page: GET shows it, POST adds or drops a segment, previews, or saves."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    if request.method != "POST":
        return _shown(request, frame, *_blank(request.GET))
    plan, forms_ = PlanForm(request.POST), _posted(request.POST)
    if "add" in request.POST or "drop" in request.POST:
        return _shown(request, frame, *_reshaped(request.POST, forms_))
    # Each is asked, so that every fault shows at once.
    faulty = [form for form in (plan, *forms_) if not form.is_valid()]
    if not faulty:
        try:
            return _done(request, plan, [form.told() for form in forms_])
        except DomainError as refusal:
            _show(refusal, plan, forms_)
    return _shown(request, frame, plan, forms_)


def _done(request: HttpRequest, plan: PlanForm, told: list[dict[str, Any]]) -> HttpResponse:
    data = plan.cleaned_data
    if "save" in request.POST:
        return HttpResponseRedirect(shown.page_of(_saved(request, data, told)))
    run = running.start(
        raw_segments=told,
        on_exception=data["on_exception"],
        fallback=data["fallback"],
        note=data["note"],
        actor=actor_of(request),
    )
    running.work(run.pk, at_most=LOOKED_AT_ONCE)
    return HttpResponseRedirect(shown.page_of(run))


def _saved(request: HttpRequest, data: dict[str, Any], told: list[dict[str, Any]]) -> RunVariant:
    if not data["save_as"]:
        raise InvalidValue("Give it a name.", field="save_as")
    if data["on_exception"] == OnException.FALLBACK and data["fallback"] is None:
        raise InvalidValue("Name the variant to fall back to.", field="fallback")
    checked = [segment.told() for segment in segments.read(told)]
    variant = RunVariant.objects.filter(name=data["save_as"]).first() or RunVariant(name=data["save_as"])
    variant.segments, variant.on_exception = checked, data["on_exception"]
    variant.fallback = data["fallback"] if data["on_exception"] == OnException.FALLBACK else None
    running.save_variant(variant, why=data["note"], actor=actor_of(request))
    return variant


def _show(refusal: DomainError, plan: PlanForm, forms_: Sequence[SegmentForm]) -> None:
    """Put a refusal on the field of the segment that it names."""
    number, _, rest = refusal.field.removeprefix("segments[").partition("]")
    name = {"class": "cls", "filter.age": "min_age"}.get(rest.lstrip("."), rest.rpartition(".")[2])
    if number.isdigit() and int(number) < len(forms_):
        form = forms_[int(number)]
        form.add_error(name if name in form.fields else None, refusal.message)
    else:
        plan.add_error(refusal.field if refusal.field in plan.fields else None, refusal.message)


def _blank(query: QueryDict) -> tuple[PlanForm, list[SegmentForm]]:
    """A fresh page, or one that starts from a variant or an earlier run."""
    source = _source(query)
    if source is None:
        return PlanForm(initial={"on_exception": OnException.ABORT}), [
            SegmentForm(prefix="s0", initial={"cls": RunClass.IMPROVE.value})
        ]
    fallback = (
        source.fallback
        if isinstance(source, RunVariant)
        else RunVariant.objects.filter(name=source.fallback_name).first()
    )
    save_as = source.name if isinstance(source, RunVariant) else ""
    plan = PlanForm(initial={"on_exception": source.on_exception, "fallback": fallback, "save_as": save_as})
    return plan, [
        SegmentForm(prefix=f"s{number}", initial=_initial(told))
        for number, told in enumerate(source.segments)
    ]


def _source(query: QueryDict) -> RunVariant | BackorderRun | None:
    if (pk := query.get("variant", "")).isdigit():
        return RunVariant.objects.filter(pk=pk).first()
    if (pk := query.get("run", "")).isdigit():
        return BackorderRun.objects.filter(pk=pk).first()
    return None


def _initial(told: dict[str, Any]) -> dict[str, Any]:
    kept = told.get("filter") or {}
    age = kept.get("age", {})
    return {
        "cls": told.get("class", RunClass.IMPROVE.value),
        "sort": next(iter(told.get("sort") or ()), ""),
        "share": told.get("share") or "",
        **{name: ", ".join(kept.get(name, ())) for name in _TEXTS},
        **{name: next(iter(kept.get(name, ())), "") for name in ("cause", "mode")},
        "min_age": age.get("min"),
        "max_age": age.get("max"),
    }


def _posted(data: QueryDict) -> list[SegmentForm]:
    return [SegmentForm(data, prefix=f"s{number}") for number in range(_how_many(data))]


def _how_many(data: QueryDict) -> int:
    given = data.get("segments", "1")
    return max(1, min(int(given) if given.isdigit() else 1, segments.MOST_SEGMENTS))


def _reshaped(data: QueryDict, forms_: Sequence[SegmentForm]) -> tuple[PlanForm, list[SegmentForm]]:
    """The same values with one segment more or less; nothing is checked yet."""
    rows = [{name: data.get(form.add_prefix(name), "") for name in form.fields} for form in forms_]
    if "add" in data and len(rows) < segments.MOST_SEGMENTS:
        rows.append({"cls": RunClass.REDISTRIBUTE.value})
    elif (drop := data.get("drop", "")).isdigit() and len(rows) > 1:
        rows = [row for number, row in enumerate(rows) if number != int(drop)]
    plan = PlanForm(initial={name: data.get(name, "") for name in PlanForm.base_fields})
    return plan, [SegmentForm(prefix=f"s{number}", initial=row) for number, row in enumerate(rows)]


def _shown(
    request: HttpRequest, frame: dict[str, Any], plan: PlanForm, forms_: Sequence[SegmentForm]
) -> HttpResponse:
    context = {
        **frame,
        "title": "Plan a backorder run",
        "plan": plan,
        "segments": forms_,
        "variants": RunVariant.objects.order_by("name"),
        "hints": _hints(),
    }
    return TemplateResponse(request, "workplace/plan.html", context)


def _hints() -> dict[str, list[str]]:
    """What may be typed, for the browser to offer."""
    categories = Sku.objects.exclude(category="").order_by("category").values_list("category", flat=True)
    return {
        "channel": list(Channel.objects.order_by("code").values_list("code", flat=True)[:HINTS]),
        "supplier": list(Supplier.objects.order_by("code").values_list("code", flat=True)[:HINTS]),
        "category": list(categories.distinct()[:HINTS]),
    }


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
