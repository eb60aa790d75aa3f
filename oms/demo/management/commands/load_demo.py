"""`manage.py load_demo`: brings a shop to life from the excerpts, through the public commands."""

from argparse import ArgumentParser
from random import Random
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from backorders import tasks
from oms.demo import crew, furnishing, shop, showing, stream, tally, titles
from oms.demo.living import Life
from oms.demo.scenes import Scenes
from oms.kernel import clock
from oms.kernel.models import EventLog
from oms.orders.models import Order

DONE = "DemoLoaded"
SEED = 7
SMALL_DAYS, SMALL_ONE_IN = 9, 6


class Command(BaseCommand):
    """Load the demo shop once; running it again changes nothing."""

    help = "Bring the demo shop to life: eight weeks of real order lines that end today, in travelled time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much of it, and whether beside other orders."""
        parser.add_argument("--small", action="store_true", help="a few days of a few orders, for tests")
        parser.add_argument("--workers", type=int, help="processes that take and ship (default: 2; small: 1)")
        parser.add_argument("--force", action="store_true", help="even where there are other orders")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, unless it is there already; fail where the books are not clean."""
        console = Console(file=self.stdout)  # type: ignore[arg-type]
        if EventLog.objects.filter(name=DONE).exists():
            console.print("The demo shop is loaded already.")
            return
        _check_empty(options["force"])
        run = tally.Tally()
        started = perf_counter()
        workers = options["workers"] or (1 if options["small"] else 2)
        with crew.of(workers) as hands:
            self._load(console, run, hands, is_small=options["small"])
        run.seconds = perf_counter() - started
        verdict = tally.verdict()
        showing.counts(console, run)
        showing.books(console, verdict)
        if not verdict.is_clean:
            raise CommandError("The books are not clean.")

    def _load(self, console: Console, run: tally.Tally, hands: crew.Crew, *, is_small: bool) -> None:
        now = clock.now()
        some = {"one_in": SMALL_ONE_IN, "days": SMALL_DAYS} if is_small else {}
        invoices = stream.invoices(now, **some)
        lines = [line for invoice in stream.invoices(now) for line in invoice.lines]
        made = furnishing.furnish(lines, titles.known(), now.date())
        steps = sum(len(invoice.lines) for invoice in invoices)
        run.rows = steps
        with clock.travel(invoices[0].at) as journey, showing.bar(console, "load_demo", steps) as advance:
            journey.move_to(invoices[0].at.replace(hour=0, minute=0))
            life = Life(made, journey, run, Random(SEED), advance, hands)
            scenes = Scenes(life, invoices[0].at.date(), now)
            scenes.plan()
            life.run(invoices, now)
            scenes.end()
            # The first screen has its figures at once, not only after the job's next turn.
            tasks.roll_kpis()
            EventLog.objects.create(name=DONE, at=clock.now(), by="job:load_demo", subject=shop.SOURCE)


def _check_empty(is_forced: bool) -> None:
    if Order.objects.filter(source=shop.SOURCE).exists():
        raise CommandError("A load was broken off here before; start from an empty database.")
    if Order.objects.exists() and not is_forced:
        raise CommandError("There are other orders in this database; --force loads the demo beside them.")
