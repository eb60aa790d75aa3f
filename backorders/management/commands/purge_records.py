"""`manage.py purge_records`: drops the evidence of orders whose retention date has passed."""

from typing import Any

from django.core.management.base import BaseCommand

from backorders import retaining


class Command(BaseCommand):
    """Purge until nothing is left to purge."""

    help = "Drop promises, letters, answers and deadlines of orders kept longer than the law asks."

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge in batches and say how many."""
        total = 0
        while done := retaining.purge_old():
            total += done
        self.stdout.write(f"{total} records purged")
