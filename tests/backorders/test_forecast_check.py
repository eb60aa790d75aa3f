"""`manage.py forecast_check`: real lines in weeks, an honest walk, a table, and files it cannot use."""

import gzip
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backorders.insight import foreseeing, histories
from backorders.insight.foreseeing import OURS, THIRTEEN
from backorders.insight.histories import Histories, UnusableFile

MONDAY = date(2024, 1, 1)


def _lines(rows: list[tuple[str, str, int, str]]) -> str:
    return "\n".join(["kind,sku,qty,ts", *(",".join(map(str, row)) for row in rows)])


def _weekly(path: Path, weeks: list[int], sku: str = "CHAIR") -> Path:
    """A file with so many units sold on the Friday of each week."""
    friday = MONDAY + timedelta(days=4)
    rows = [
        ("sale", sku, qty, f"{friday + timedelta(weeks=number)}T10:00")
        for number, qty in enumerate(weeks)
        if qty
    ]
    path.write_text(_lines(rows))
    return path


def test_sales_are_added_up_by_week_and_the_last_one_must_be_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv.gz"
    rows = [
        ("sale", "A", 3, "2024-01-02T09:00"),
        ("sale", "A", 4, "2024-01-05T09:00"),
        ("cancel", "A", -4, "2024-01-05T09:10"),
        ("sale", "B", 5, "2024-01-19T09:00"),
        ("sale", "B", 6, "2024-01-24T09:00"),
        ("sale", "B", 6, "not a day"),
    ]
    path.write_bytes(gzip.compress(_lines(rows).encode()))

    known = histories.read([path])

    assert (known.first_on, known.weeks, known.bad_rows) == (MONDAY, 3, 1)
    assert dict(known.weekly) == {"A": [7, 0, 0], "B": [5]}
    assert dict(known.starts) == {"A": 0, "B": 2}


@pytest.mark.parametrize("text", ["", "sku,qty\nA,1", "kind,sku,qty,ts\ncancel,A,-1,2024-01-01"])
def test_a_file_without_sales_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(text)

    with pytest.raises(UnusableFile):
        histories.read([path])
    with pytest.raises(CommandError):
        call_command("forecast_check", path)


def test_steady_demand_is_foreseen_without_error(tmp_path: Path) -> None:
    known = histories.read([_weekly(tmp_path / "lines.csv", [10] * 30)])

    verdict = foreseeing.judge(known, horizon=4)

    assert verdict.cases == 14
    assert verdict.errors[OURS].wape == pytest.approx(0)
    assert (verdict.coverage, verdict.undershot.right, verdict.undershot.wrong) == (1.0, 0, 0)


def test_one_huge_week_misleads_the_plain_mean_more(tmp_path: Path) -> None:
    known = histories.read([_weekly(tmp_path / "lines.csv", [10] * 20 + [1_000] + [10] * 20)])

    verdict = foreseeing.judge(known, horizon=1)

    ours, plain = verdict.errors[OURS].missed, verdict.errors[THIRTEEN].missed
    assert ours < plain / 1.5


def test_the_walk_does_not_peek(tmp_path: Path) -> None:
    """What comes after the last judged week changes no forecast before it."""
    same, other = [5, 9, 2, 7] * 8, [5, 9, 2, 7] * 7 + [500] * 4
    first, second = (
        histories.read([_weekly(tmp_path / f"{number}.csv", weeks)])
        for number, weeks in enumerate((same, other))
    )

    before = _guesses(first)[:-4]

    assert before == _guesses(second)[: len(before)]


def _guesses(known: Histories) -> list[float]:
    story = foreseeing._story(known.weekly["CHAIR"], 0)
    return [foreseeing._miss(story, week, 1).expected for week in range(12, known.weeks - 1)]


def test_a_demand_that_doubles_is_called_after_one_week(tmp_path: Path) -> None:
    known = histories.read([_weekly(tmp_path / "lines.csv", [10] * 20 + [20] * 20)])

    verdict = foreseeing.judge(known, horizon=4)

    assert verdict.undershot.recall is not None and verdict.undershot.recall > 0.6
    assert verdict.undershot.precision == 1.0


def test_the_command_prints_its_tables_and_a_last_line(tmp_path: Path) -> None:
    told = StringIO()
    path = _weekly(tmp_path / "lines.csv", [10, 12, 9, 0, 11] * 8)

    call_command("forecast_check", path, "--weeks", "2", "4", stdout=told, stderr=StringIO())

    assert "Demand of the next 4 weeks" in told.getvalue()
    assert "mean of 13 weeks" in told.getvalue()
    assert told.getvalue().strip().splitlines()[-1].startswith("mean WAPE 0.")


def test_weeks_before_the_day_only_teach(tmp_path: Path) -> None:
    known = histories.read([_weekly(tmp_path / "lines.csv", [10] * 30)])

    assert foreseeing.judge(known, horizon=4, score_from=20).cases == 6
    assert foreseeing.judge(known, horizon=4, score_from=99).cases == 0


def test_too_short_a_history_is_an_error(tmp_path: Path) -> None:
    path = _weekly(tmp_path / "lines.csv", [10] * 9)

    with pytest.raises(SystemExit) as ended:
        call_command("forecast_check", path, stdout=StringIO(), stderr=StringIO())

    assert ended.value.code == 1
