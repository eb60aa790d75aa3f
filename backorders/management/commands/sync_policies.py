"""`manage.py sync_policies`: adds the rows of law we ship; leaves those people edited or removed."""

from typing import Any

from django.core.management.base import BaseCommand

from backorders import shipped_law


class Command(BaseCommand):
    """Add what is missing; safe to run again."""

    help = "Add the shipped rows of the law of delay that were never there."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add them and say which."""
        added = shipped_law.add_missing()
        if options["verbosity"]:
            self.stdout.write(f"{len(added)} rows of law added: {', '.join(added) or 'none'}")
