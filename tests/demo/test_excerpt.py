"""The excerpts: small, with their licence, without customers, cut the same way every time."""

import csv
import gzip

import pytest

from oms.demo import categories, excerpt
from oms.demo.columns import read


def rows(name: str) -> list[dict[str, str]]:
    """All rows of an excerpt."""
    with gzip.open(excerpt.DATA / name, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_excerpts_weigh_less_than_a_megabyte_and_name_their_licence() -> None:
    assert sum(path.stat().st_size for path in excerpt.DATA.iterdir()) < 1_000_000
    note = (excerpt.DATA / "README.md").read_text()
    assert "CC BY 4.0" in note
    assert "Daqing Chen" in note
    assert "public domain" in note


def test_every_line_of_the_excerpt_can_be_read() -> None:
    bad: list[object] = []

    lines = list(read([excerpt.DATA / "order_lines.csv.gz"], bad))  # type: ignore[arg-type]

    assert bad == []
    assert len(lines) == 2993
    assert len({line.sku for line in lines}) == 96


def test_customers_are_running_numbers() -> None:
    numbers = {row["customer"] for row in rows("order_lines.csv.gz")} - {""}

    assert numbers == {str(n) for n in range(1, len(numbers) + 1)}


def line(number: int, invoice: str, sku: str, kind: str = "sale", customer: str = "17850") -> dict[str, str]:
    """A row of the full data."""
    return {
        "line": str(number), "invoice": invoice, "kind": kind, "sku": sku, "qty": "1",
        "ts": "2010-10-01T10:00", "price_gbp": "1", "customer": customer, "country": "UK", "note": "",
    }  # fmt: skip


def test_an_invoice_is_kept_whole_with_its_later_credit() -> None:
    kept = next(str(n) for n in range(500000, 500100) if excerpt.is_kept(str(n)))
    left = next(str(n) for n in range(500000, 500100) if not excerpt.is_kept(str(n)))
    full = [
        line(1, kept, "A"),
        line(2, kept, "B"),
        line(3, left, "A", customer="99"),
        line(4, "C1", "A", "cancel"),
        line(5, "C2", "A", "cancel", customer="99"),
        line(6, kept, "POST"),
    ]

    got = excerpt.cut_orders(full, {"A", "B"})

    assert [(row["line"], row["customer"]) for row in got] == [("1", "1"), ("2", "1"), ("4", "1")]


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("PAPER CHAIN KIT VINTAGE CHRISTMAS", "Christmas"),
        ("HAND WARMER OWL DESIGN", "Warmers"),
        ("LUNCH BAG RED RETROSPOT", "Bags"),
        ("REGENCY CAKESTAND 3 TIER", "Kitchen and baking"),
        ("WHITE HANGING HEART T-LIGHT HOLDER", "Candles and lights"),
        ("ALARM CLOCK BAKELIKE RED", "Clocks and signs"),
        ("POPPY'S PLAYHOUSE KITCHEN", "Toys and crafts"),
        ("SOMETHING ELSE", "Gifts"),
    ],
)
def test_categories_come_from_the_words_of_the_title(title: str, category: str) -> None:
    assert categories.category_of(title) == category


def test_titles_are_written_for_people() -> None:
    assert categories.title_of("JUMBO  BAG BAROQUE BLACK WHITE") == "Jumbo bag baroque black white"
