"""Titles of the SKUs that the excerpt knows."""

import csv
import gzip
from pathlib import Path

ITEMS = Path(__file__).with_name("data") / "items.csv.gz"


def known() -> dict[str, str]:
    """Descriptions in capitals, as in the data, by SKU code."""
    with gzip.open(ITEMS, "rt", encoding="utf-8", newline="") as lines:
        return {row["sku"]: row["description"] for row in csv.DictReader(lines)}
