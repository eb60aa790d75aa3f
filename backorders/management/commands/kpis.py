"""`manage.py kpis`: the table of key figures for a window."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from backorders.insight import printing
from backorders.insight.reading import unhurried
from backorders.insight.reporting import report
from oms.kernel import clock
from oms.kernel.errors import InvalidValue

USUAL_DAYS = 30


class Command(BaseCommand):
    """Print the key figures of the orders accepted in [from, to), and of the queue now."""

    help = "Print the key figures of a window of days; the last 30 unless told otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Days as YYYY-MM-DD; `--to` is the first day after the window."""
        parser.add_argument("--from", dest="start", type=date.fromisoformat, help="first day of the window")
        parser.add_argument("--to", dest="end", type=date.fromisoformat, help="first day after the window")
        parser.add_argument("--zone", default=settings.TIME_ZONE, help="whose days (IANA name)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reckon and print."""
        end = options["end"] or clock.today(options["zone"]) + timedelta(days=1)
        start = options["start"] or end - timedelta(days=USUAL_DAYS)
        try:
            with unhurried():
                sections = report(start=start, end=end, zone=options["zone"])
        except InvalidValue as error:
            raise CommandError(error.message) from error
        printing.show(sections, Console(file=self.stdout))  # type: ignore[arg-type]
