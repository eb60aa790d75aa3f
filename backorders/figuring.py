"""What a backorder run did, line by line and in figures: who gains, who loses, to whom, what it is worth."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from backorders.deciding import Decision
from backorders.models import BackorderRun, RunLine, RunSku
from backorders.rules.runs import RunRow
from backorders.rules.types import Peg
from oms.kernel import bulk

GAINS = Q(after_qty__gt=F("before_qty"))
LOSES = Q(after_qty__lt=F("before_qty"))
EARLIER = Q(after_qty=F("before_qty"), after_on__lt=F("before_on"))
LATER = Q(after_qty=F("before_qty"), after_on__gt=F("before_on"))
CHANGES: Mapping[str, Q] = {
    "gain": GAINS,
    "lose": LOSES,
    "earlier": EARLIER,
    "later": LATER,
    "same": ~(GAINS | LOSES | EARLIER | LATER),
}
"""How a line may come out of a run."""
KIT_PARTS = ~Q(sku=F("order_line__sku"))
"""Parts of kits, which are skipped whatever their segment says: they keep what they have, and consume it."""


@transaction.atomic
def keep(run: BackorderRun, decisions: Sequence[Decision], *, outcome: RunSku.Outcome) -> None:
    """Keep what was decided for these SKUs, in place of what an earlier step kept for them."""
    skus = [decision.sku_id for decision in decisions]
    RunLine.objects.filter(run=run, sku_id__in=skus).delete()
    RunSku.objects.filter(run=run, sku_id__in=skus).delete()
    RunSku.objects.bulk_create(_sku(run, decision, outcome) for decision in decisions)
    bulk.insert(RunLine, (line for decision in decisions for line in _lines(run, decision)))


def keep_all(run: BackorderRun) -> None:
    """The run was aborted: every line keeps what it had."""
    RunLine.objects.filter(run=run).update(
        after_qty=F("before_qty"),
        after_on=F("before_on"),
        breaks_promise=False,
        is_shuffled=False,
        lost_to=[],
        gained_from=[],
    )
    RunSku.objects.filter(run=run).update(outcome=RunSku.Outcome.KEPT, churned_qty=0, is_fallback=False)


def note_failure(run: BackorderRun, sku_id: int, error: str) -> None:
    """One SKU could not be written; it is as it was, and the others go on."""
    lines = RunLine.objects.filter(run=run, sku_id=sku_id)
    lines.update(after_qty=F("before_qty"), after_on=F("before_on"), breaks_promise=False, is_shuffled=False)
    RunSku.objects.filter(run=run, sku_id=sku_id).update(
        outcome=RunSku.Outcome.FAILED, error=error, churned_qty=0
    )


def figures(run: BackorderRun) -> dict[str, Any]:
    """The whole run in numbers; money by currency as text."""
    lines = RunLine.objects.filter(run=run).order_by()
    skus = RunSku.objects.filter(run=run).order_by()
    total = lines.aggregate(
        lines=Count("pk"),
        requested_qty=_sum("requested_qty"),
        before_qty=_sum("before_qty"),
        after_qty=_sum("after_qty"),
        promises_broken=Count("pk", filter=Q(breaks_promise=True)),
        exceptions=Count("pk", filter=Q(owed_qty__isnull=False)),
        shuffled=Count("pk", filter=Q(is_shuffled=True)),
        kit_parts=Count("pk", filter=KIT_PARTS),
    )
    supply = skus.aggregate(
        skus=Count("pk"),
        free_qty=_sum("free_qty"),
        claimed=_sum("claimed_qty"),
        churned=_sum("churned_qty"),
        fell_back=Count("pk", filter=Q(is_fallback=True)),
        kept=Count("pk", filter=Q(outcome=RunSku.Outcome.KEPT)),
        failed=Count("pk", filter=Q(outcome=RunSku.Outcome.FAILED)),
    )
    claimed, moved = supply.pop("claimed"), supply.pop("churned")
    return {
        **supply,
        **total,
        "churn": round(moved / claimed, 4) if claimed else None,
        "gain": _moved(lines.filter(GAINS), sign=1),
        "lose": _moved(lines.filter(LOSES), sign=-1),
        "earlier": _shifted(lines.filter(EARLIER), sign=-1),
        "later": _shifted(lines.filter(LATER), sign=1),
        "broken_value": _value(lines.filter(breaks_promise=True), F("requested_qty")),
        "classes": _classes(lines),
    }


def _sum(column: str) -> Coalesce:
    return Coalesce(Sum(column), Value(0))


def _moved(lines: QuerySet[RunLine], *, sign: int) -> dict[str, Any]:
    qty = (F("after_qty") - F("before_qty")) * sign
    found = lines.aggregate(lines=Count("pk"), qty=Coalesce(Sum(qty), Value(0)))
    return {**found, "value": _value(lines, qty)}


def _shifted(lines: QuerySet[RunLine], *, sign: int) -> dict[str, Any]:
    found = {"lines": 0, "qty": 0, "days": 0}
    rows = lines.values_list("before_on", "after_on").annotate(n=Count("pk"), qty=Sum("after_qty"))
    for before, after, count, qty in rows:
        found["lines"] += count
        found["qty"] += qty
        found["days"] += (after - before).days * sign * count
    return found


def _value(lines: QuerySet[RunLine], qty: Any) -> dict[str, str]:
    rows = lines.values_list("currency").annotate(total=Sum(qty * F("unit_value")))
    return {currency: f"{total:.2f}" for currency, total in sorted(rows) if total}


def _classes(lines: QuerySet[RunLine]) -> dict[str, dict[str, int]]:
    rows = lines.values_list("run_class").annotate(
        n=Count("pk"), asked=Sum("requested_qty"), before=Sum("before_qty"), after=Sum("after_qty")
    )
    return {
        cls: {"lines": n, "requested_qty": asked, "before_qty": before, "after_qty": after}
        for cls, n, asked, before, after in sorted(rows)
    }


def _sku(run: BackorderRun, decision: Decision, outcome: RunSku.Outcome) -> RunSku:
    return RunSku(
        run=run,
        sku_id=decision.sku_id,
        outcome=outcome,
        is_fallback=bool(decision.result.fallback),
        free_qty=decision.result.free,
        claimed_qty=sum(row.previous for row in decision.rows),
        churned_qty=decision.churned_qty,
    )


def _lines(run: BackorderRun, decision: Decision) -> list[RunLine]:
    owed = {broken.line_id: broken.owed for broken in decision.result.exceptions}
    ready = decision.state.ready()
    last = _last(decision.result.pegs, ready)
    shuffled = decision.shuffled
    lines = []
    for row in decision.rows:
        mark = decision.marks[decision.demand_of[row.line_id]]
        segment = mark.fallback_segment if decision.result.fallback else mark.segment
        if segment is not None:
            line = _line(run, decision, row, segment, last, owed.get(row.line_id))
            line.is_shuffled = row.line_id in shuffled
            lines.append(line)
    return lines


def _line(
    run: BackorderRun,
    decision: Decision,
    row: RunRow,
    segment: int,
    last: Mapping[int, date],
    owed: int | None,
) -> RunLine:
    demand = decision.demand_of[row.line_id]
    mark = decision.marks[demand]
    after, after_on = decision.result.given[row.line_id], last.get(row.line_id)
    change = (after - row.previous) or _days(after_on, row.previous_on)
    lost = decision.swaps.lost_to.get(row.line_id, ()) if change < 0 else ()
    gained = decision.swaps.gained_from.get(row.line_id, ()) if change > 0 else ()
    return RunLine(
        run=run,
        sku_id=decision.sku_id,
        order_line_id=row.line_id,
        segment=segment,
        run_class=row.cls,
        requested_qty=row.requested,
        before_qty=row.previous,
        after_qty=after,
        before_on=row.previous_on,
        after_on=after_on,
        keep_by=decision.keep_by.get(demand),
        breaks_promise=demand in decision.kept_before and demand not in decision.kept_after,
        owed_qty=owed,
        unit_value=_unit_value(mark.unit_price, mark.is_part),
        currency=mark.currency,
        lost_to=_told(lost),
        gained_from=_told(gained),
    )


def _days(after: date | None, before: date | None) -> int:
    """Days gained; below 0 they are lost."""
    return (before - after).days if after and before else 0


def _unit_value(price: Decimal, is_part: bool) -> Decimal:
    # The price is that of the whole kit; a part alone has none.
    return Decimal(0) if is_part else price


def _told(pairs: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"line": line, "qty": qty} for line, qty in pairs]


def _last(pegs: Sequence[Peg], ready: Mapping[int, date]) -> dict[int, date]:
    last: dict[int, date] = {}
    for peg in pegs:
        last[peg.demand_ref] = max(ready[peg.supply_ref], last.get(peg.demand_ref, date.min))
    return last
