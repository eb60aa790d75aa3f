"""Cuts the excerpts in `data/` out of the full data sets: `python -m oms.demo.excerpt FOLDER`.

FOLDER holds `online_retail/dev/lines.csv.gz`, `online_retail/dev/items.csv.gz` and
`scms/dev/lines.csv.gz`, in the columns that `data/README.md` names.
"""

import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zlib import crc32

DATA = Path(__file__).with_name("data")

# The climb to Christmas 2010: the fullest weeks of the first year, and every weekday in them.
FIRST_DAY, LAST_DAY = "2010-09-20", "2010-11-14"
SKUS = 96
# One invoice in so many: enough for queues on every SKU, few enough to load in half a minute.
KEEP_ONE_IN = 8
MOST_LINES = 30

LINE_COLUMNS = ("line", "invoice", "kind", "sku", "qty", "ts", "price_gbp", "customer", "country", "note")
ITEM_COLUMNS = ("sku", "description")
DELIVERY_COLUMNS = (
    "vendor", "product_group", "fulfil_via", "po_sent", "scheduled", "delivered", "recorded",
    "pack_units", "qty_packs",
)  # fmt: skip

Row = dict[str, str]


def cut_orders(rows: Sequence[Row], products: set[str]) -> list[Row]:
    """The lines of some whole invoices on the best-selling SKUs, with what was cancelled of them.

    An invoice is whole as far as the demo carries its SKUs; customers become running numbers.
    """
    weeks = [row for row in rows if FIRST_DAY <= row["ts"][:10] <= LAST_DAY]
    sold = Counter(row["sku"] for row in weeks if row["kind"] == "sale" and row["sku"] in products)
    best = {sku for sku, _ in sold.most_common(SKUS)}
    on_best = [row for row in weeks if row["sku"] in best]
    kept = _some_invoices(on_best)
    sales = [row for row in on_best if row["kind"] == "sale" and row["invoice"] in kept]
    bought = {(row["customer"], row["sku"]) for row in sales if row["customer"]}
    undone = [r for r in on_best if r["kind"] == "cancel" and (r["customer"], r["sku"]) in bought]
    counted = [r for r in on_best if r["kind"] == "adjust"]
    return _anonymous(sorted([*sales, *undone, *counted], key=lambda row: int(row["line"])))


def is_kept(invoice: str) -> bool:
    """Whether an invoice is among the one in so many that are kept; always the same ones."""
    return crc32(invoice.encode()) % KEEP_ONE_IN == 0


def _some_invoices(rows: Iterable[Row]) -> set[str]:
    sizes = Counter(row["invoice"] for row in rows if row["kind"] == "sale")
    return {invoice for invoice, size in sizes.items() if size <= MOST_LINES and is_kept(invoice)}


def _anonymous(rows: Iterable[Row]) -> list[Row]:
    numbers: dict[str, str] = {"": ""}
    renamed = []
    for row in rows:
        number = numbers.setdefault(row["customer"], str(len(numbers)))
        renamed.append({**row, "customer": number})
    return renamed


def main(folder: Path) -> None:
    """Write the three excerpts; prints their sizes."""
    retail = folder / "online_retail" / "dev"
    items = list(_rows(retail / "items.csv.gz"))
    orders = cut_orders(
        list(_rows(retail / "lines.csv.gz")), {item["sku"] for item in items if item["is_product"] == "1"}
    )
    used = {row["sku"] for row in orders}
    _write("order_lines.csv.gz", LINE_COLUMNS, orders)
    _write("items.csv.gz", ITEM_COLUMNS, [item for item in items if item["sku"] in used])
    _write("deliveries.csv.gz", DELIVERY_COLUMNS, list(_rows(folder / "scms" / "dev" / "lines.csv.gz")))


def _rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _write(name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    # No time stamp in the archive: the same data must give the same bytes.
    packed = gzip.compress(text.getvalue().encode(), mtime=0)
    (DATA / name).write_bytes(packed)
    print(f"{name}: {len(rows)} rows, {len(packed) // 1024} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
