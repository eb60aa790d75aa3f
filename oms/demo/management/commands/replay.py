"""`manage.py replay FILE…`: a real demand stream through the real acceptance path, in compressed time."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, sleep
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from backorders.insight import printing, reading, reporting
from oms.demo import buying, columns, crew, delays, opening, showing, suppliers, tally, titles
from oms.demo.columns import Survey
from oms.demo.replaying import ACTOR, Advance, Replay, weeks_until
from oms.demo.tally import Tally
from oms.kernel import clock

BEFORE_ALL = datetime(1900, 1, 1, tzinfo=UTC)
SEED = 20_260_301


class Command(BaseCommand):
    """Replay order lines day by day; ends with the key figures and the audit."""

    help = (
        "Drive order lines (in the columns of oms/demo/data/README.md) through the real acceptance path in "
        "compressed time, with purchases as late as real suppliers. The times are moved by whole weeks, so "
        "that the last line falls into the week before today. Beside a running worker the books stay right, "
        "but the figures are those of a shop in which both act."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files, and how much of them."""
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="order lines, .csv or .csv.gz"
        )
        parser.add_argument("--limit", type=int, help="rows to read in all")
        parser.add_argument(
            "--seed", type=int, default=SEED, help="of what chance decides (default: %(default)s)"
        )
        parser.add_argument(
            "--workers",
            type=int,
            default=1,
            help="processes that take and ship side by side (default: 1)",
        )
        parser.add_argument("--rate", type=float, help="rows per second at most (default: as fast as it can)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, print, and fail where the books are not clean."""
        console = Console(file=self.stdout)  # type: ignore[arg-type]
        files: Sequence[Path] = options["files"]
        found = _survey(files, options["limit"])
        if found.last_at is None:
            raise CommandError("There is no row to replay.")
        console.print(f"seed {options['seed']}, {found.rows:,} rows")
        shift = weeks_until(found.last_at)
        run = tally.Tally()
        with showing.bar(console, "replay", found.rows) as advance:
            replay = self._replay(run, files, shift, options, advance)
        showing.counts(console, run)
        self._judge(console, replay)

    def _replay(
        self, run: Tally, files: Sequence[Path], shift: timedelta, options: dict[str, Any], advance: Advance
    ) -> Replay:
        world = opening.open_shop(titles.known())
        started = perf_counter()
        with crew.of(options["workers"]) as hands, clock.travel(BEFORE_ALL) as journey:
            replay = Replay(
                world=world,
                buyer=buying.Buyer(
                    name=f"{world.source}".upper(),
                    location=world.location,
                    sources=buying.suppliers_like(delays.vendors(), suppliers.NAMES),
                    random=Random(options["seed"]),
                    tally=run,
                    actor=ACTOR,
                ),
                tally=run,
                journey=journey,
                crew=hands,
                shift=shift,
                zone=ZoneInfo(world.location.timezone),
                advance=_at_most(options["rate"], advance) if options["rate"] else advance,
            )
            replay.run(columns.read(files, run.bad, options["limit"]))
        run.seconds = perf_counter() - started
        return replay

    def _judge(self, console: Console, replay: Replay) -> None:
        zone = replay.world.location.timezone
        if replay.first_day and replay.day:
            with clock.travel(replay.journey.at), reading.unhurried():
                sections = reporting.report(
                    start=replay.first_day, end=replay.day + timedelta(days=1), zone=zone
                )
            printing.show(sections, console)
        verdict = tally.verdict()
        showing.books(console, verdict)
        if not verdict.is_clean:
            raise CommandError("The books are not clean.")


def _survey(files: Sequence[Path], limit: int | None) -> Survey:
    try:
        return columns.survey(files, limit)
    except (OSError, EOFError, columns.WrongColumns) as error:
        raise CommandError(str(error)) from error


def _at_most(rate: float, advance: Advance) -> Advance:
    """Advance, but wait where more than `rate` rows per second were done."""
    started, done = perf_counter(), 0

    def wait(steps: int) -> None:
        nonlocal done
        advance(steps)
        done += steps
        sleep(max(0.0, started + done / rate - perf_counter()))

    return wait
