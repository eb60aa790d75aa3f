"""What transfers and production orders share: numbers, versions, and why days and quantities changed."""

from dataclasses import dataclass
from datetime import date

from inventory.models import DocumentChange, ProductionOrder, Transfer
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import Conflict, InvalidValue

Document = Transfer | ProductionOrder
LONGEST_NUMBER = 60


@dataclass(frozen=True, slots=True)
class Why:
    """What every fact written here carries; the cause is a code."""

    cause: str
    note: str
    actor: Actor

    @classmethod
    def of(cls, cause: str, note: str, actor: Actor) -> "Why":
        """Checked: raises InvalidValue for what is no cause."""
        return cls(cause_code(cause), note[:500], actor)


def check_number(kind: type[Document], number: str) -> None:
    """Refuse an empty or endless number, or one in use."""
    if not number.strip() or len(number) > LONGEST_NUMBER:
        raise InvalidValue(f"A number has 1 to {LONGEST_NUMBER} characters.", field="number")
    if kind._default_manager.filter(number=number).exists():
        words = f"There is a {kind._meta.verbose_name} {number} already."
        raise Conflict(words, code="already_exists", field="number")


def bump(document: Document) -> None:
    """Count the version up after a change; clients compare it before they write."""
    document.version += 1
    document.save(update_fields=["version"])


def record(
    document: Document,
    why: Why,
    *,
    days: tuple[date, date] | None = None,
    qtys: tuple[int, int] | None = None,
) -> DocumentChange:
    """Keep what a day or a quantity was and what it is now."""
    return DocumentChange.objects.create(
        transfer=document if isinstance(document, Transfer) else None,
        production_order=document if isinstance(document, ProductionOrder) else None,
        from_on=days[0] if days else None,
        to_on=days[1] if days else None,
        from_qty=qtys[0] if qtys else None,
        to_qty=qtys[1] if qtys else None,
        cause=why.cause,
        note=why.note,
        at=clock.now(),
        by=str(why.actor),
    )
