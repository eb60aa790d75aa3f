"""The excerpt as the demo's order stream: moved so that it ends today, each invoice with its channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

from oms.demo.columns import LONDON, BadRow, RetailLine, read
from oms.demo.people import Person, person

LINES = Path(__file__).with_name("data") / "order_lines.csv.gz"
# A trade customer buys by the case.
TRADE_UNITS = 150
CHANNEL_SHARES = (("WEB", 50), ("SHOPIFY", 80), ("AMAZON", 100))


@dataclass(frozen=True, slots=True)
class Invoice:
    """One basket (or credit, or count): neighbouring lines of one invoice and kind."""

    number: str
    kind: str
    at: datetime
    channel: str
    person: Person
    lines: Sequence[RetailLine]


def invoices(now: datetime, *, one_in: int = 1, days: int | None = None) -> list[Invoice]:
    """The excerpt moved to end at `now`; of sales one invoice in so many, of the last `days` only."""
    bad: list[BadRow] = []
    lines = ending_at(list(read([LINES], bad)), now)
    if bad:
        raise ValueError(f"the excerpt has bad rows: {bad[0]}")
    first = now - timedelta(days=days) if days else None
    # The lines of an invoice do not always stand together.
    groups: dict[tuple[str, str], list[RetailLine]] = {}
    for line in lines:
        groups.setdefault((line.invoice, line.kind), []).append(line)
    found = [_invoice(group) for group in groups.values()]
    return [
        invoice
        for invoice in found
        if (first is None or invoice.at >= first)
        and (invoice.kind != "sale" or crc32(f"some {invoice.number}".encode()) % one_in == 0)
    ]


def ending_at(lines: Sequence[RetailLine], now: datetime) -> list[RetailLine]:
    """Move lines by whole days so that the last day is today; today's are squeezed to before `now`."""
    today = now.astimezone(LONDON).date()
    shift = today - max(line.at.astimezone(LONDON).date() for line in lines)
    midnight = datetime(today.year, today.month, today.day, tzinfo=LONDON)
    part = (now - midnight) / timedelta(days=1)

    def moved(line: RetailLine) -> RetailLine:
        local = line.at.astimezone(LONDON) + shift
        return replace(line, at=midnight + (local - midnight) * part if local >= midnight else local)

    return [moved(line) for line in lines]


def _invoice(lines: Sequence[RetailLine]) -> Invoice:
    first = lines[0]
    number = first.customer or f"9{first.invoice.lstrip('C')}"
    is_business = first.kind == "sale" and sum(line.qty for line in lines) >= TRADE_UNITS
    return Invoice(
        number=first.invoice,
        kind=first.kind,
        at=first.at,
        channel="WHOLESALE" if is_business else channel_of(number),
        person=person(number, is_business=is_business),
        lines=lines,
    )


def channel_of(number: str) -> str:
    """The channel a private customer uses, always the same."""
    draw = crc32(f"channel {number}".encode()) % 100
    return next(code for code, upto in CHANNEL_SHARES if draw < upto)


def daily_units(found: Iterable[Invoice], days: int) -> dict[tuple[str, str], float]:
    """Mean units sold a day, by SKU code and region: what the first shelves are filled by."""
    units: dict[tuple[str, str], float] = {}
    for invoice in found:
        if invoice.kind == "sale":
            for line in invoice.lines:
                key = line.sku, invoice.person.region
                units[key] = units.get(key, 0.0) + line.qty / days
    return units
