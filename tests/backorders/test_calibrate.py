"""`manage.py calibrate`: the walk over files of deliveries, its table, its last line and its refusals."""

import gzip
from collections.abc import Sequence
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backorders.insight import deliveries
from backorders.insight.walking import MEASURED_METHOD, TRUSTING, judge

START = date(2026, 1, 1)
HEAD = "id,po_so_no,country,scheduled,delivered,recorded,delay_days,vendor"
REAL = Path(__file__).parents[3] / "shared" / "data" / "scms" / "dev" / "lines.csv.gz"


def row(number: int, late: int, vendor: str = "ACME", recorded: int | None = None) -> str:
    scheduled = START + timedelta(days=10 * number)
    delivered = scheduled + timedelta(days=late)
    entered = delivered if recorded is None else scheduled + timedelta(days=recorded)
    return f"{number},PO-{number},DE,{scheduled},{delivered},{entered},{late},{vendor}"


def write(path: Path, rows: Sequence[str], head: str = HEAD) -> Path:
    text = "\n".join([head, *rows, ""])
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def run(*args: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("calibrate", *map(str, args), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", ["lines.csv", "lines.csv.gz"])
def test_the_last_line_is_the_mean_loss(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, [row(number, 4) for number in range(20)])

    said, complaints = run(file)

    # All were four days late: from the third on it is known exactly.
    assert said.splitlines()[-1] == "mean pinball 0.000"
    assert complaints == ""


def test_every_way_is_scored_on_the_same_deliveries(tmp_path: Path) -> None:
    rows = [row(number, 4 if number % 2 else 0, vendor="AB"[number % 2]) for number in range(40)]
    good, bad = deliveries.read([write(tmp_path / "lines.csv", rows)])

    verdicts = judge(good)

    assert bad == []
    assert [verdict.name for verdict in verdicts] == [
        MEASURED_METHOD.name,
        TRUSTING,
        "as promised: vendor, category, SKU, document",
        "pooled: all deliveries",
        "vendor, shrunk to pooled",
    ]
    assert [verdict.scores.cases for verdict in verdicts] == [36] * 5
    trusted = verdicts[1].scores
    # Half of them four days late: a loss of 4 x level each.
    assert [level.pinball for level in trusted.levels] == pytest.approx([1.0, 1.6, 1.8, 1.9])
    assert [level.kept for level in trusted.levels] == [0.5, 0.5, 0.5, 0.5]
    # Two of three vendors' own deliveries are known by then; the pooled 80 % is four days for both.
    pooled = verdicts[3].scores
    assert [level.fixed_days for level in pooled.levels[1:]] == [4, 4, 4]


def test_the_table_shows_each_level_beside_the_fixed_buffer(tmp_path: Path) -> None:
    said, _ = run(write(tmp_path / "lines.csv", [row(number, 4) for number in range(20)]))

    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line]
    trusted = next(place for place, line in enumerate(cells) if line[0] == TRUSTING)
    assert cells[0][1:] == ["P50", "100.0%", "+50.0", "4.0", "0.000", "4"]
    assert cells[4][1:] == ["mean", "", "", "", "0.000", ""]
    assert cells[trusted + 2][1:] == ["P90", "0.0%", "-90.0", "0.0", "3.600", "3"]


def test_with_a_first_day_the_earlier_deliveries_only_teach(tmp_path: Path) -> None:
    good, _ = deliveries.read([write(tmp_path / "lines.csv", [row(n, 9 if n < 3 else 2) for n in range(9)])])

    verdicts = judge(good, score_from=START + timedelta(days=50))

    assert verdicts[0].scores.cases == 4
    assert verdicts[1].scores.levels[0].pinball == 1.0


def test_what_is_recorded_on_the_day_of_the_decision_is_not_known(tmp_path: Path) -> None:
    def mean_days(recorded: int) -> float:
        rows = [row(0, 6, recorded=recorded), row(1, 0)]
        good, _ = deliveries.read([write(tmp_path / "lines.csv", rows)])
        verdicts = judge(good, score_from=START + timedelta(days=1))
        return verdicts[0].scores.levels[0].mean_days if verdicts else -1.0

    assert mean_days(recorded=9) == 6.0
    assert mean_days(recorded=10) == -1.0


def test_bad_rows_are_named_and_left_out(tmp_path: Path) -> None:
    rows = [row(number, 4) for number in range(20)]
    rows[3] = rows[3].replace("2026-01-31", "soon")
    rows[5] = rows[5].replace(",4,ACME", ",5,ACME")
    rows[7] = rows[7].replace("ACME", " ")
    rows.append("20,PO-20,DE,2026-07-20")

    said, complaints = run(write(tmp_path / "lines.csv", rows))

    assert complaints.splitlines() == [
        "lines.csv, line 5: scheduled is no date: 'soon'",
        "lines.csv, line 7: delay_days says 5, the dates 4",
        "lines.csv, line 9: vendor is blank",
        "lines.csv, line 22: vendor is blank",
    ]
    assert said.splitlines()[-1] == "mean pinball 0.000"


def test_of_many_bad_rows_the_first_are_named(tmp_path: Path) -> None:
    rows = [row(number, 4) for number in range(20)] + [row(99, 1, vendor="")] * 25

    _, complaints = run(write(tmp_path / "lines.csv", rows))

    assert len(complaints.splitlines()) == 21
    assert complaints.splitlines()[-1] == "… and 5 more bad rows"


@pytest.mark.parametrize("rows", [[], [row(0, 4)], [row(0, 4, vendor="")]])
def test_where_nothing_can_be_scored_it_fails(tmp_path: Path, rows: list[str]) -> None:
    out = StringIO()

    with pytest.raises(SystemExit) as stopped:
        call_command("calibrate", str(write(tmp_path / "lines.csv", rows)), stdout=out, stderr=StringIO())

    assert stopped.value.code == 1
    assert out.getvalue() == ""


def test_a_file_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "lines.csv", ["1,2026-01-01"], head="id,scheduled")

    with pytest.raises(CommandError, match=r"lines.csv has no column vendor, delivered, recorded"):
        run(file)


@pytest.mark.parametrize(
    ("name", "content"), [("no.csv", None), ("broken.csv.gz", b"no gzip"), ("b.csv", b"\xff")]
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(CommandError, match=f"{name} cannot be read"):
        run(tmp_path / name)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real deliveries are not beside this checkout")
def test_on_real_deliveries_the_buffers_hold_what_they_promise() -> None:
    good, bad = deliveries.read([REAL])

    measured, trusted, promised, pooled, shrunk = (verdict.scores for verdict in judge(good))

    assert bad == []
    assert [round(scores.pinball, 3) for scores in (trusted, pooled)] == [3.657, 3.603]
    assert measured.pinball < 2.25
    assert promised.pinball < 2.3
    assert [level for level in promised.levels[2:] if abs(level.off_points) > 3] == []
    assert shrunk.pinball < 3.6
    for level in measured.levels[2:]:
        assert abs(level.off_points) <= 3
        assert level.mean_days < level.fixed_days


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real deliveries are not beside this checkout")
@pytest.mark.parametrize("year", [2009, 2010, 2011, 2012, 2013])
def test_from_any_year_on_the_tail_keeps_its_levels(year: int) -> None:
    good, _ = deliveries.read([REAL])

    measured, trusted = (verdict.scores for verdict in judge(good, score_from=date(year, 1, 1))[:2])

    assert measured.pinball < trusted.pinball
    assert [level for level in measured.levels[2:] if abs(level.off_points) > 3] == []
