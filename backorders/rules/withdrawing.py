"""What a withdrawal makes of the units of each line: cancelled, stopped, sent back, or none of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Became(StrEnum):
    """What became of units that a customer withdrew from."""

    CANCELLED = "cancelled"
    AT_WAREHOUSE = "at_warehouse"
    RETURN = "return"
    TOO_LATE = "too_late"
    EXCEPTED = "excepted"
    NO_RIGHT = "no_right"


DONE = frozenset({Became.CANCELLED, Became.RETURN, Became.AT_WAREHOUSE})
"""Units of which the customer is rid, or soon will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One line: open units that are loose, those handed to the warehouse, those sent and not coming back yet.

    `wanted_qty`: how many the customer withdraws from; none for all. `is_excepted`: made to order, and the
    shop's policy says that this is final.
    """

    line_no: int
    loose_qty: int
    at_warehouse_qty: int
    sent_qty: int
    wanted_qty: int | None = None
    is_excepted: bool = False

    @property
    def total(self) -> int:
        """Units a statement can speak of."""
        return self.loose_qty + self.at_warehouse_qty + self.sent_qty


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one line, and what became of them."""

    line_no: int
    qty: int
    became: Became


def settle(lines: Iterable[Held], *, is_granted: bool, is_in_time: bool) -> list[Part]:
    """What becomes of the units withdrawn from: what is easiest to stop is taken first.

    `is_granted`: a law gives this customer the right. `is_in_time`: its period has not ended; what was
    not sent yet can be withdrawn from at any time.
    """
    return [part for line in lines for part in _parts(line, is_granted, is_in_time)]


def _parts(line: Held, is_granted: bool, is_in_time: bool) -> list[Part]:
    wanted = line.total if line.wanted_qty is None else min(line.wanted_qty, line.total)
    if not is_granted or line.is_excepted:
        became = Became.EXCEPTED if is_granted else Became.NO_RIGHT
        return [Part(line.line_no, wanted, became)] if wanted else []
    parts = []
    for held, became in (
        (line.loose_qty, Became.CANCELLED),
        (line.at_warehouse_qty, Became.AT_WAREHOUSE),
        (line.sent_qty, Became.RETURN if is_in_time else Became.TOO_LATE),
    ):
        if qty := min(held, wanted):
            parts.append(Part(line.line_no, qty, became))
            wanted -= qty
    return parts
