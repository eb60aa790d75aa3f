"""`manage.py calibrate FILE… [--score-from DATE]`: how measured buffers do on real deliveries."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from backorders.insight import deliveries
from backorders.insight.walking import Verdict, judge
from backorders.rules.calibrating import LevelScore

NAMED_AT_MOST = 20


class Command(BaseCommand):
    """Print coverage, days and loss per level; exit status 1 if nothing could be scored."""

    help = (
        "Walk forward over supplier deliveries (CSV, plain or .gz: vendor, scheduled, delivered, recorded; "
        "country, po_so_no, product_group and item where known), deciding each on its scheduled day with "
        "what was recorded before."
    )
    # It needs files only: no database, no settings of a shop.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files and the first day to be scored."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="deliveries, one a row")
        parser.add_argument(
            "--score-from", type=date.fromisoformat, metavar="DATE", help="deliveries before it only teach"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, walk, print."""
        try:
            good, bad = deliveries.read(options["files"])
        except deliveries.UnusableFile as error:
            raise CommandError(str(error)) from error
        for words in _named(bad):
            self.stderr.write(words)
        verdicts = judge(good, score_from=options["score_from"])
        if not verdicts:
            self.stderr.write(self.style.ERROR(f"None of {len(good)} deliveries could be scored."))
            sys.exit(1)
        Console(file=self.stdout, width=100).print(_table(verdicts))  # type: ignore[arg-type]
        self.stdout.write(f"mean pinball {verdicts[0].scores.pinball:.3f}")


def _named(bad: Sequence[deliveries.BadRow]) -> Iterator[str]:
    """Each bad row, up to a bound."""
    yield from map(str, bad[:NAMED_AT_MOST])
    if len(bad) > NAMED_AT_MOST:
        yield f"… and {len(bad) - NAMED_AT_MOST} more bad rows"


def _table(verdicts: Sequence[Verdict]) -> Table:
    cases = verdicts[0].scores.cases
    title = f"Buffers over {cases:,} deliveries; days, and the fixed buffer that keeps as many"
    table = Table("Way", "Level", "Kept", "Off", "Mean days", "Pinball", "Fixed", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for verdict in verdicts:
        table.add_section()
        for place, level in enumerate(verdict.scores.levels):
            table.add_row("" if place else verdict.name, *_cells(level))
        table.add_row("", "mean", "", "", "", f"{verdict.scores.pinball:.3f}", "")
    return table


def _cells(level: LevelScore) -> tuple[str, ...]:
    return (
        f"P{float(level.level * 100):g}",
        f"{float(level.kept):.1%}",
        f"{float(level.off_points):+.1f}",
        f"{level.mean_days:.1f}",
        f"{level.pinball:.3f}",
        f"{level.fixed_days}",
    )
