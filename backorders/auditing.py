"""The audit: do the books balance? One pass of SQL over every conservation law, and its repair."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from backorders.laws import LAWS
from inventory.locks import lock_skus
from inventory.models import Movement, Supply
from oms.kernel import clock
from oms.kernel.actors import job


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not balance."""

    code: str
    subject: str
    message: str


def books_balance() -> list[Finding]:
    """Everything that does not balance, in one consistent look; empty is what it should be.

    All laws are asked in one statement: it sees one instant, however busy the shop is meanwhile.
    """
    asked = " UNION ALL ".join(
        f"SELECT '{law.code}', found.* FROM ({law.sql}) AS found (subject, message)" for law in LAWS
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'" if connection.in_atomic_block else "SELECT 1")
        cursor.execute(asked)
        return [Finding(*row) for row in cursor.fetchall()]


@transaction.atomic
def repair() -> list[Finding]:
    """Mend what can be mended from the rows that are never rewritten; returns what was found before."""
    found = books_balance()
    _lock_everything()
    with connection.cursor() as cursor:
        for law in LAWS:
            if law.repair and any(finding.code == law.code for finding in found):
                cursor.execute(law.repair)
    _explain([int(finding.subject) for finding in found if finding.code == "on_hand"])
    return found


def _lock_everything() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM inventory_sku ORDER BY id")
        lock_skus([row[0] for row in cursor.fetchall()])


def _explain(supply_ids: Sequence[int]) -> None:
    """Write the movements that are missing, so that the ledger explains what is on hand."""
    now = clock.now()
    supplies = Supply.objects.filter(pk__in=supply_ids).annotate(moved=Coalesce(Sum("movements__qty"), 0))
    Movement.objects.bulk_create(
        Movement(
            supply=supply,
            sku_id=supply.sku_id,
            location_id=supply.location_id,
            kind=Movement.Kind.ADJUST,
            qty=supply.quantity - supply.moved,
            cause="audit",
            at=now,
            by=str(job("audit")),
        )
        for supply in supplies
    )
