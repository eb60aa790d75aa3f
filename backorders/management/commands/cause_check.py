"""`manage.py cause_check [--seed N]`: are causes tagged right where we know what happened?"""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rich.console import Console
from rich.table import Table

from backorders.insight.injecting import Verdict, verdicts
from backorders.insight.reading import unhurried
from backorders.rules.causes import CauseCode

ENOUGH = 0.95


class Command(BaseCommand):
    """Live through small worlds with a known cause each, print tagged against injected; nothing stays."""

    help = (
        "Make stock run out for a known cause in small worlds of their own, through the real commands, and "
        "print which causes their backorders were tagged with. All of it is taken back. "
        "Exit status 1 if fewer than 95 % are right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The seed of the dice, and how many worlds for each story."""
        parser.add_argument("--seed", type=int, default=1, help="of the dice (default: 1)")
        parser.add_argument("--worlds", type=int, default=3, help="for each story (default: 3)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Live, take back, print."""
        if options["worlds"] < 1:
            raise CommandError("At least one world for each story.")
        with unhurried():
            found = list(verdicts(seed=options["seed"], worlds=options["worlds"]))
            transaction.set_rollback(True)
        if not found:
            raise CommandError("No line fell short in any world.")
        console = Console(file=self.stdout, width=160)  # type: ignore[arg-type]
        console.print(_confusion(found))
        console.print(_stories(found))
        right = sum(verdict.injected == verdict.tagged for verdict in found) / len(found)
        self.stdout.write(f"right {right:.1%} of {len(found)} lines")
        self.stdout.write(f"{right * 100:.1f} %")
        if right < ENOUGH:
            raise SystemExit(1)


def _confusion(found: Sequence[Verdict]) -> Table:
    """Injected causes down, tagged ones across."""
    table = Table("Injected", *(_words(code) for code in CauseCode), "Lines", title="Tagged as")
    pairs = Counter((verdict.injected, verdict.tagged) for verdict in found)
    for injected in CauseCode:
        row = [pairs[injected, tagged] for tagged in CauseCode]
        table.add_row(_words(injected), *(str(n or "·") for n in row), str(sum(row)))
    return table


def _stories(found: Sequence[Verdict]) -> Table:
    """The share right of each story."""
    table = Table("Story", "Right", "Lines", title="By what happened")
    for story in dict.fromkeys(verdict.story for verdict in found):
        lines = [verdict for verdict in found if verdict.story == story]
        right = sum(verdict.injected == verdict.tagged for verdict in lines)
        table.add_row(story, f"{right / len(lines):.0%}", str(len(lines)))
    return table


def _words(code: CauseCode) -> str:
    return code.replace("_", " ")
