"""The first screen's figures, the key figures' page, the projection: what they show and where they lead."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from backorders.insight import refreshing
from backorders.models import Backorder, Demand, KpiRoll
from oms.kernel import clock, shown
from oms.kernel.admin.drawing import Series, draw
from tests.admin.conftest import Desk, Hire
from tests.factories import SignalFactory
from tests.kpi_fixture import at, live
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(frozen: clock.Journey) -> None:
    """The design's seven lines, summed and drawn."""
    live()
    frozen.move_to(at(15))
    refreshing.refresh(zone="UTC")


def _board(desk: Desk) -> Any:
    board: Any = desk.client.get("/admin/").context["board"]
    return board


def test_the_first_screen_shows_the_book_and_leads_to_its_rows(drawn: None, desk: Desk) -> None:
    board = _board(desk)

    cells = {cell["title"]: cell["value"] for cell in board["figures"]}
    assert cells["Backorder book"] == "4 units"
    assert cells["Worth"] == "160.00"
    assert cells["Promise kept"] == "60.0%"
    for cell in board["figures"]:
        assert desk.client.get(cell["link"]).status_code == 200
    [cause] = board["causes"]
    assert (cause["cause"], cause["units"], cause["share"]) == ("supplier delay", "4", 100.0)
    shown = desk.client.get(cause["link"]).context["cl"]
    assert [row.pk for row in shown.result_list] == [Backorder.objects.get(closed_at=None).pk]
    [queue] = board["queues"]
    assert (queue["sku"], queue["waits"], queue["comes"], queue["gap"]) == ("K7", "4", "0", "4")


def test_the_first_screen_takes_ten_queries_with_its_board(drawn: None, desk: Desk) -> None:
    desk.client.get("/admin/")

    asked = queries_of(lambda: desk.client.get("/admin/"))

    assert len(asked) <= 10
    assert [sql for sql in asked if "COUNT(" in sql.upper()] == []


def test_before_the_first_sums_there_is_no_board(desk: Desk) -> None:
    assert _board(desk) is None


def test_the_page_of_key_figures_shows_what_the_fixture_says(drawn: None, desk: Desk) -> None:
    page = desk.client.get("/admin/backorders/backorder/kpis/?since=2026-03-01&until=2026-03-15")
    text = page.content.decode()

    assert page.status_code == 200
    assert "57.0 %" in text
    assert "900 / 1,580" in text
    assert "supplier delay" in text
    assert text.count("<svg") == 2
    assert desk.client.get("/admin/backorders/backorder/kpis/?since=never").status_code == 200
    assert "7 lines" not in text


def test_the_file_holds_the_same_figures(drawn: None, desk: Desk) -> None:
    answer = desk.client.get("/admin/backorders/backorder/kpis/file/?since=2026-03-01&until=2026-03-15")

    rows = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/csv")
    assert 'Accepted in the window,fill_rate_unit,"Fill rate, units",0.5,share,21.0,42.0' in rows


FILE = "/admin/backorders/backorder/kpis/file/?since=2026-03-01&until=2026-03-15"


def test_the_same_is_saved_as_a_workbook(drawn: None, desk: Desk) -> None:
    answer = desk.client.get(f"{FILE}&kind=xlsx")
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))

    assert answer["Content-Disposition"] == 'attachment; filename="key-figures-2026-03-01-2026-03-15.xlsx"'
    assert ("Accepted in the window", "fill_rate_unit", "Fill rate, units", 0.5, "share", 21, 42) in rows


def test_causes_and_periods_are_saved_too(drawn: None, desk: Desk) -> None:
    causes = desk.client.get(f"{FILE}&of=causes").content.decode().splitlines()
    periods = desk.client.get(f"{FILE}&of=periods").content.decode().splitlines()

    assert causes[1].startswith("supplier_delay,no,4,")
    assert periods[0].split(",")[:2] == ["\ufeffday", "backorder_rate_line"]
    assert [row.split(",")[0] for row in periods[1:]] == [f"2026-03-{n:02}" for n in (2, 3, 4, 5, 9, 10, 13)]


def test_advice_is_saved_with_what_it_was_made_from(desk: Desk) -> None:
    SignalFactory.create(sku__code="=CHAIR", qty=12)
    answer = desk.client.get("/admin/purchasing/signal/export/csv/")
    head, row = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert head.removeprefix("\ufeff").split(",")[:4] == ["kind", "state", "sku", "title"]
    assert row.split(",")[2] == "'=CHAIR"
    assert "Import" not in desk.client.get("/admin/purchasing/signal/").content.decode()


def test_the_projection_is_drawn(drawn: None, desk: Desk) -> None:
    text = desk.client.get("/admin/backorders/backorder/projection/").content.decode()

    assert "4 units wait" in text
    assert "<svg" in text


def test_the_projection_of_one_sku_draws_its_shelf_too(drawn: None, desk: Desk) -> None:
    waiting = Demand.objects.get(open_qty__gt=0).sku
    other = desk.client.get("/admin/backorders/backorder/projection/?sku=K1").content.decode()
    text = desk.client.get(f"/admin/backorders/backorder/projection/?sku={waiting.code}").content.decode()

    assert (text.count("<svg"), other.count("<svg")) == (3, 3)
    assert "4 units wait" in text
    assert "0 units wait" in other
    page = desk.client.get(shown.page_of(waiting)).content.decode()
    assert f"projection/?sku={waiting.code}" in page


def test_whoever_may_not_see_backorders_sees_none_of_it(drawn: None, hire: Hire) -> None:
    desk = hire("read-only")
    assert desk.client.get("/admin/backorders/backorder/kpis/").status_code == 200
    desk.client.logout()

    assert desk.client.get("/admin/backorders/backorder/kpis/").status_code == 302


def test_a_chart_needs_two_days_and_keeps_its_lines_inside() -> None:
    first = date(2026, 3, 2)
    points = [(first + timedelta(days=n), float(n)) for n in range(4)]

    assert draw([Series("one", points[:1])], summary="") is None
    drawing = draw([Series("up", points)], summary="Up.")
    assert drawing is not None
    assert drawing.paths[0].d.startswith("M58.0 194.0")
    assert [tick.words for tick in drawing.levels] == ["0", "1", "2", "3", "4"]


def test_the_board_is_drawn_anew_with_each_run(drawn: None, frozen: clock.Journey) -> None:
    frozen.forward(timedelta(minutes=5))
    refreshing.refresh(zone="UTC")

    assert KpiRoll.objects.count() == 2
    assert KpiRoll.objects.all()[0].board["book"]["open_units"] == 4
