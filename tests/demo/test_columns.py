"""Rows of a demand file: read exactly, or named as bad and left out."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from oms.demo import columns
from oms.demo.columns import BadRow, RetailLine

HEAD = "line,invoice,kind,sku,qty,ts,price_gbp,customer,country,note\n"
GOOD = "1,489434,sale,85048,12,2009-12-01T07:45,6.95,13085,United Kingdom,\n"


def file_of(folder: Path, *rows: str, name: str = "lines.csv") -> Path:
    """A file with these rows under the usual heading."""
    path = folder / name
    text = HEAD + "".join(rows)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["lines.csv", "lines.csv.gz"])
def test_a_row_is_read_with_its_local_time_as_an_instant(tmp_path: Path, name: str) -> None:
    bad: list[BadRow] = []
    summer = "2,489435,cancel,85048a,-2,2010-07-01T09:30,6.95,,France,\n"

    lines = list(columns.read([file_of(tmp_path, GOOD, summer, name=name)], bad))

    assert lines == [
        RetailLine(
            row=2, invoice="489434", kind="sale", sku="85048", qty=12,
            at=datetime(2009, 12, 1, 7, 45, tzinfo=UTC), price=Decimal("6.95"), customer="13085",
            country="United Kingdom",
        ),
        RetailLine(
            row=3, invoice="489435", kind="cancel", sku="85048A", qty=-2,
            at=datetime(2010, 7, 1, 8, 30, tzinfo=UTC), price=Decimal("6.95"), customer="", country="France",
        ),
    ]  # fmt: skip
    assert bad == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,A,gift,S,1,2010-01-01T00:00,1,,UK,\n", "kind is 'gift'"),
        ("1,A,sale,,1,2010-01-01T00:00,1,,UK,\n", "sku is empty or too long"),
        (f"1,A,sale,{'x' * 81},1,2010-01-01T00:00,1,,UK,\n", "sku is empty or too long"),
        ("1,,sale,S,1,2010-01-01T00:00,1,,UK,\n", "invoice is empty or too long"),
        ("1,A,sale,S,1.5,2010-01-01T00:00,1,,UK,\n", "qty is '1.5', not a whole number"),
        ("1,A,sale,S,0,2010-01-01T00:00,1,,UK,\n", "qty is 0"),
        ("1,A,sale,S,-3,2010-01-01T00:00,1,,UK,\n", "qty is -3"),
        ("1,A,sale,S,1000000000000,2010-01-01T00:00,1,,UK,\n", "qty is 1000000000000"),
        (f"1,A,sale,S,{'9' * 30},2010-01-01T00:00,1,,UK,\n", "qty is absurd"),
        ("1,A,sale,S,1,yesterday,1,,UK,\n", "ts is 'yesterday', not a time"),
        ("1,A,sale,S,1,2010-01-01T00:00,free,,UK,\n", "price_gbp is 'free', not a number"),
        ("1,A,sale,S,1,2010-01-01T00:00,NaN,,UK,\n", "price_gbp is 'NaN'"),
        ("1,A,sale\n", "sku is empty or too long"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(tmp_path: Path, row: str, why: str) -> None:
    bad: list[BadRow] = []

    lines = list(columns.read([file_of(tmp_path, row, GOOD)], bad))

    assert bad == [BadRow("lines.csv", 2, why)]
    assert [line.row for line in lines] == [3]


def test_a_file_of_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")

    with pytest.raises(columns.WrongColumns, match=r"other\.csv lacks the columns invoice, kind, sku"):
        list(columns.read([other], []))


def test_bytes_that_are_no_text_do_not_stop_it(tmp_path: Path) -> None:
    path = file_of(tmp_path, GOOD)
    path.write_bytes(path.read_bytes() + b"2,\xff\xfe,sale,S,x,2010-01-01T00:00,1,,UK,\n")
    bad: list[BadRow] = []

    assert len(list(columns.read([path], bad))) == 1
    assert [row.row for row in bad] == [3]


def test_a_limit_counts_rows_over_all_files(tmp_path: Path) -> None:
    first, second = file_of(tmp_path, GOOD, GOOD), file_of(tmp_path, GOOD, GOOD, name="more.csv")

    assert len(list(columns.read([first, second], [], limit=3))) == 3
    assert columns.survey([first, second], limit=3).rows == 3
    assert columns.survey([first, second]).rows == 4


def test_a_survey_knows_the_last_instant_even_past_bad_rows(tmp_path: Path) -> None:
    late = "2,489440,sale,85048,1,2009-12-05T10:00,6.95,,UK,\n"
    path = file_of(tmp_path, GOOD, late, "3,B,sale,S,x,2012-01-01T00:00,1,,UK,\n")

    assert columns.survey([path]).last_at == datetime(2009, 12, 5, 10, tzinfo=UTC)


def test_lines_of_one_invoice_and_kind_come_together(tmp_path: Path) -> None:
    rows = [
        GOOD,
        GOOD.replace("85048", "85049"),
        GOOD.replace("489434", "489435"),
        GOOD.replace("sale", "charge"),
    ]

    grouped = columns.invoices(columns.read([file_of(tmp_path, *rows)], []))

    assert [[line.row for line in group] for group in grouped] == [[2, 3], [4], [5]]
