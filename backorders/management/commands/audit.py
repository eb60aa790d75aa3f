"""`manage.py audit [--repair]`: do the books balance?"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backorders import auditing
from backorders.laws import LAWS


class Command(BaseCommand):
    """Print what does not balance; exit status 1 if anything does not."""

    help = (
        "Check every conservation law of the books; with --repair mend what can be mended, by audited rows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --repair."""
        parser.add_argument(
            "--repair", action="store_true", help="Mend counters and write missing movements."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Audit, repair if asked, audit again."""
        findings = auditing.repair() if options["repair"] else auditing.books_balance()
        for finding in findings:
            self.stdout.write(f"{finding.code} {finding.subject}: {finding.message}")
        if options["repair"] and findings:
            self.stdout.write(f"{len(findings)} found and repaired where possible; auditing again.")
            findings = auditing.books_balance()
        if findings:
            self.stderr.write(self.style.ERROR(f"{len(findings)} findings: the books do not balance."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"The books balance: {len(LAWS)} laws hold."))
