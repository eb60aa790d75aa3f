"""`manage.py forecast_check FILE… [--weeks N] [--score-from DATE]`: how forecasts do on real demand."""

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from backorders.insight import foreseeing, histories
from backorders.insight.foreseeing import OURS, Flag, Verdict

HORIZONS = (1, 4, 8, 13)


class Command(BaseCommand):
    """Print the errors of each way of guessing; exit status 1 if nothing could be judged."""

    help = (
        "Walk forward week by week over order lines (CSV, plain or .gz: sku, qty, ts; kind where known), "
        "forecasting each SKU's next weeks with what had ended by then, beside naive ways of guessing."
    )
    # It needs files only: no database, no settings of a shop.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files, the lead times, and the first day to be judged."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="order lines, one a row")
        parser.add_argument(
            "--weeks", type=int, nargs="+", default=list(HORIZONS), help="lead times to forecast, in weeks"
        )
        parser.add_argument(
            "--score-from", type=date.fromisoformat, metavar="DATE", help="weeks before it only teach"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, walk, print."""
        try:
            known = histories.read(options["files"])
        except histories.UnusableFile as error:
            raise CommandError(str(error)) from error
        if min(options["weeks"]) < 1:
            raise CommandError("A lead time has at least one week.")
        start = options["score_from"]
        score_from = -(-(start - known.first_on).days // histories.DAYS) if start else 0
        console = Console(file=self.stdout, width=100)  # type: ignore[arg-type]
        self.stderr.write(f"{len(known.weekly):,} SKUs, {known.weeks} weeks, {known.bad_rows} bad rows")
        verdicts = []
        for weeks in options["weeks"]:
            verdicts.append(foreseeing.judge(known, horizon=weeks, score_from=score_from))
            console.print(_errors(verdicts[-1]))
        judged = [verdict for verdict in verdicts if verdict.cases]
        if not judged:
            self.stderr.write(self.style.ERROR("No forecast could be judged: there are too few weeks."))
            sys.exit(1)
        console.print(_levels(judged))
        console.print(_calls(judged))
        mean = sum(verdict.errors[OURS].wape or 0 for verdict in judged) / len(judged)
        self.stdout.write(f"mean WAPE {mean:.3f}")


def _errors(verdict: Verdict) -> Table:
    weeks = "1 week" if verdict.horizon == 1 else f"{verdict.horizon} weeks"
    title = f"Demand of the next {weeks}, {verdict.cases:,} cases"
    table = Table("Way", "WAPE", "Mean of weeks", title=title)
    for name, error in verdict.errors.items():
        table.add_row(name, _ratio(error.wape), _ratio(error.mean_wape))
    table.add_section()
    for kind, error in verdict.by_kind.items():
        table.add_row(f"  of these {kind}", _ratio(error.wape), "")
    return _right(table)


def _levels(verdicts: list[Verdict]) -> Table:
    table = Table("Weeks", "Our P90", "13 weeks, normal", title="Demands within the P90")
    for verdict in verdicts:
        row = (verdict.coverage, verdict.normal_coverage)
        table.add_row(str(verdict.horizon), *(f"{share or 0:.1%}" for share in row))
    return _right(table)


def _calls(verdicts: list[Verdict]) -> Table:
    title = "Demand above the forecast, called after one week"
    table = Table("Weeks", "Precision", "Recall", "Plain precision", "Plain recall", title=title)
    for verdict in verdicts:
        if verdict.horizon > 1:
            table.add_row(str(verdict.horizon), *_call(verdict.undershot), *_call(verdict.plainly))
    return _right(table)


def _call(flag: Flag) -> tuple[str, str]:
    return _ratio(flag.precision), _ratio(flag.recall)


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _right(table: Table) -> Table:
    for column in table.columns[1:]:
        column.justify = "right"
    return table
