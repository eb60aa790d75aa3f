"""`manage.py erase_customer WEB C-1`: makes a customer anonymous; the evidence of their orders stays."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import TextField
from django.db.models.functions import Cast

from backorders import retaining
from oms.api.models import BulkRow, IdempotencyKey
from oms.kernel.errors import DomainError


def _kept(model: type[BulkRow] | type[IdempotencyKey], column: str) -> Any:
    """What was sent or answered, as text: it may name a customer, and is of use for days only."""
    return model._default_manager.annotate(words=Cast(column, TextField()))


class Command(BaseCommand):
    """Erase one customer."""

    help = "Make a customer anonymous in every row and letter; what was promised, told and answered stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which customer."""
        parser.add_argument("channel", help="code of the channel")
        parser.add_argument("external_id", help="the customer's id there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, or say why not."""
        try:
            erased = retaining.erase_customer(
                channel_code=options["channel"], external_id=options["external_id"]
            )
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        for word in erased.words:
            _kept(IdempotencyKey, "body").filter(words__contains=word).delete()
            _kept(BulkRow, "body").filter(words__contains=word).delete()
        self.stdout.write(f"{erased.name}: {erased.messages} messages made anonymous")
