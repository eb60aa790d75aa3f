"""Backorder runs: checked over all SKUs first, then written SKU by SKU, each under its lock. Resumable."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from django.db import transaction

from backorders import deciding, figuring, marking, pegging, policies, segments
from backorders.deciding import Plan
from backorders.models import BackorderRun, Demand, OnException, RunLine, RunSku, RunVariant
from backorders.writing import apply
from inventory.locks import lock_skus
from inventory.models import Supply
from oms.kernel import clock, nudge
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, InvalidValue, NotFound
from oms.kernel.events import HoldCleared, StockCounted, SupplyAdded
from oms.kernel.locks import only_worker

logger = logging.getLogger(__name__)

TASK = "backorders.tasks.work_on_run"
AT_MOST_SECONDS = 120.0
AT_A_TIME = 100
DRY_RUNS_ARE_KEPT = timedelta(days=30)
State = BackorderRun.State


@transaction.atomic
def start(
    *,
    raw_segments: object = None,
    variant: RunVariant | None = None,
    is_dry: bool = True,
    on_exception: str = "",
    fallback: RunVariant | None = None,
    note: str = "",
    actor: Actor,
) -> BackorderRun:
    """Ask for a run of these segments, or of a saved variant; a job does it.

    InvalidValue or UnknownReference names the part of a segment that cannot be.
    """
    if variant is not None and raw_segments is None:
        raw_segments = variant.segments
        on_exception = on_exception or variant.on_exception
        fallback = fallback or variant.fallback
    on_exception = on_exception or (OnException.FALLBACK if fallback else OnException.ABORT)
    if on_exception == OnException.FALLBACK and fallback is None:
        raise InvalidValue("Name the variant to fall back to.", field="fallback")
    falls_back = fallback if on_exception == OnException.FALLBACK else None
    run = BackorderRun.objects.create(
        variant=variant,
        segments=[segment.told() for segment in segments.read(raw_segments)],
        is_dry=is_dry,
        on_exception=on_exception,
        fallback_name=falls_back.name if falls_back else "",
        fallback_segments=falls_back.segments if falls_back else [],
        note=note,
        created_at=clock.now(),
        created_by=str(actor),
    )
    nudge.nudge(TASK, run.pk)
    return run


def work(run_id: int, *, at_most: float = AT_MOST_SECONDS) -> bool:
    """Go on with a run; True if the time was up and some is left. A second worker leaves at once."""
    with only_worker(f"run:{run_id}") as got:
        run = BackorderRun.objects.filter(pk=run_id).first()
        if not got or run is None or run.state in BackorderRun.ENDED:
            return False
        until = time.monotonic() + at_most
        try:
            return _go_on(run, until)
        except Exception as error:
            logger.exception("backorder run %s failed", run_id)
            _end(run, State.FAILED, error=f"{type(error).__name__}: {error}"[:500])
            return False


def unfinished() -> list[int]:
    """Runs whose worker died or whose nudge was lost, or that simply are not done."""
    return list(
        BackorderRun.objects.exclude(state__in=BackorderRun.ENDED).order_by("pk").values_list("pk", flat=True)
    )


def start_nightly(*, actor: Actor) -> list[int]:
    """Start every variant that is written by night, in the order of their names."""
    variants = RunVariant.objects.filter(is_nightly=True).select_related("fallback").order_by("name")
    return [start(variant=variant, is_dry=False, actor=actor).pk for variant in variants]


def start_named(name: str, *, actor: Actor) -> BackorderRun:
    """Write a saved variant; NotFound if there is none of this name."""
    variant = RunVariant.objects.select_related("fallback").filter(name=name).first()
    if variant is None:
        raise NotFound(f"There is no run variant {name!r}.")
    return start(variant=variant, is_dry=False, actor=actor)


def save_variant(variant: RunVariant, *, why: str, actor: Actor) -> None:
    """Save a variant as a new version, with why in its history."""
    variant.__dict__["_change_reason"] = why[:100]
    variant.save()
    policies.changed(policy=variant, cause="policy_changed", by=str(actor))


def forget_old() -> int:
    """Drop dry runs of a month ago with their lines; what was written stays. Returns how many."""
    old = BackorderRun.objects.filter(is_dry=True, created_at__lt=clock.now() - DRY_RUNS_ARE_KEPT)
    ids = list(old.values_list("pk", flat=True)[:AT_A_TIME])
    RunLine.objects.filter(run__in=ids).delete()
    BackorderRun.objects.filter(pk__in=ids).delete()
    return len(ids)


@transaction.atomic
def lift(*, run_id: int) -> int:
    """Let re-plans loose on what a run gave and kept back; returns how many SKUs. Repeatable."""
    run = BackorderRun.objects.get(pk=run_id)
    if run.is_dry or run.state not in BackorderRun.ENDED:
        raise Conflict("Only a run that was written can be lifted.")
    skus = list(run.skus.filter(outcome=RunSku.Outcome.WRITTEN).values_list("sku_id", flat=True))
    lock_skus(skus)
    pegging.unseat(skus)
    Demand.objects.filter(sku_id__in=skus, denied_qty__gt=0).update(denied_qty=0)
    BackorderRun.objects.filter(pk=run_id, lifted_at=None).update(lifted_at=clock.now())
    marking.mark(sku_ids=skus, cause="backorder_run")
    return len(skus)


def end_denials(event: SupplyAdded | StockCounted | HoldCleared) -> None:
    """There is more to give than a run knew of: what it kept from lines may be given to them again."""
    ids = event.supply_ids if isinstance(event, SupplyAdded) else (event.supply_id,)
    denied = Demand.objects.filter(
        denied_qty__gt=0, open_qty__gt=0, sku__in=Supply.objects.filter(pk__in=ids).values("sku")
    )
    skus = set(denied.values_list("sku_id", flat=True))
    if skus:
        lock_skus(skus)
        Demand.objects.filter(sku_id__in=skus, denied_qty__gt=0).update(denied_qty=0)


def _go_on(run: BackorderRun, until: float) -> bool:
    plan = Plan.of(run)
    if run.state == State.QUEUED:
        run.sku_count = len(plan.sku_ids())
        _enter(run, State.CHECKING)
    if run.state == State.CHECKING:
        if not _walk(run, plan, until, _check):
            return True
        if _must_abort(run):
            figuring.keep_all(run)
            _end(run, State.ABORTED)
            return False
        if not run.is_dry:
            _enter(run, State.WRITING)
    if run.state == State.WRITING and not _walk(run, plan, until, _write):
        return True
    _end(run, State.DONE)
    return False


def _walk(
    run: BackorderRun, plan: Plan, until: float, step: Callable[[BackorderRun, Plan, Sequence[int]], None]
) -> bool:
    """Take the SKUs in the order of their ids, from where an earlier worker stopped; False if time is up."""
    left = iter([pk for pk in plan.sku_ids() if pk > run.after_sku])
    for batch in _batches(left):
        step(run, plan, batch)
        run.after_sku = batch[-1]
        BackorderRun.objects.filter(pk=run.pk).update(after_sku=run.after_sku)
        if time.monotonic() > until:
            return False
    return True


def _batches(ids: Iterator[int]) -> Iterator[list[int]]:
    while batch := list(islice(ids, AT_A_TIME)):
        yield batch


@transaction.atomic
def _check(run: BackorderRun, plan: Plan, sku_ids: Sequence[int]) -> None:
    """Decide without locks and keep what was decided; nothing else is written."""
    marks = plan.marks(sku_ids)
    decisions = [deciding.decide(plan, sku_id, marks.get(sku_id, {})) for sku_id in sku_ids]
    figuring.keep(run, decisions, outcome=RunSku.Outcome.CHECKED)


def _write(run: BackorderRun, plan: Plan, sku_ids: Sequence[int]) -> None:
    done = set(
        run.skus.filter(sku_id__in=sku_ids)
        .exclude(outcome=RunSku.Outcome.CHECKED)
        .values_list("sku_id", flat=True)
    )
    for sku_id in sku_ids:
        if sku_id not in done:
            _write_one(run, plan, sku_id)


def _write_one(run: BackorderRun, plan: Plan, sku_id: int) -> None:
    """Decide again under the lock, for what was checked may be some minutes old, and write it."""
    try:
        with transaction.atomic():
            lock_skus([sku_id])
            decision = deciding.decide(plan, sku_id, plan.marks([sku_id]).get(sku_id, {}))
            outcome = RunSku.Outcome.KEPT if decision.result.is_aborted else RunSku.Outcome.WRITTEN
            if outcome == RunSku.Outcome.WRITTEN:
                apply(run, decision)
            figuring.keep(run, [decision], outcome=outcome)
    except Exception as error:
        logger.exception("run %s, SKU %s failed", run.pk, sku_id)
        figuring.note_failure(run, sku_id, f"{type(error).__name__}: {error}"[:500])


def _must_abort(run: BackorderRun) -> bool:
    """A guarantee that no fallback pays keeps the whole run from being written."""
    owing = RunLine.objects.filter(run=run, owed_qty__isnull=False)
    return owing.exclude(sku_id__in=run.skus.filter(is_fallback=True).values("sku_id")).exists()


def _enter(run: BackorderRun, state: State) -> None:
    run.state, run.after_sku = state, 0
    BackorderRun.objects.filter(pk=run.pk).update(state=state, after_sku=0, sku_count=run.sku_count)


def _end(run: BackorderRun, state: State, error: str = "") -> None:
    BackorderRun.objects.filter(pk=run.pk).update(
        state=state, figures=figuring.figures(run), error=error, finished_at=clock.now()
    )
