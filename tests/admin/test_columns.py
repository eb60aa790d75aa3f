"""Plain fields in words: headings with units, days, doers, yes and no; links to what is named."""

import re
from datetime import UTC, date, datetime

import pytest

from backorders.models import AtpRule, CapUsage, DelayCase, QueueDay, RefusedDemand
from inventory.models import Sku, StockHold
from oms.kernel import shown
from oms.kernel.admin import columns
from oms.orders.models import Customer, Return
from tests.admin.conftest import Desk
from tests.factories import QueueDayFactory, SkuFactory
from tests.world import World


@pytest.mark.parametrize(
    ("model", "name", "said"),
    [
        (RefusedDemand, "refused_qty", "Refused units"),
        (CapUsage, "used_qty", "Used units"),
        (QueueDay, "as_of_on", "As of"),
        (QueueDay, "sku", "SKU"),
        (DelayCase, "answer_by", "Answer by"),
        (Customer, "is_consumer", "Consumer"),
        (Return, "created_at", "Created"),
        (AtpRule, "oversell_qty", "Oversell units"),
    ],
)
def test_a_heading_says_what_is_meant(model: type, name: str, said: str) -> None:
    assert columns.heading(model._meta.get_field(name)) == said  # type: ignore[attr-defined]


def test_values_are_words() -> None:
    hold = StockHold(
        qty=1_200,
        cause="quality",
        clears_on=date(2026, 3, 2),
        placed_at=datetime(2026, 3, 1, 14, 5, tzinfo=UTC),
        placed_by="user:anna",
    )

    said = {name: columns.column_of(StockHold, name)(hold) for name in ("qty", "cause", "clears_on", "note")}
    assert said == {"qty": "1,200", "cause": "Failed inspection", "clears_on": "2 Mar 2026", "note": "–"}
    assert columns.column_of(StockHold, "placed_at")(hold) == "1 Mar 2026, 14:05"
    assert columns.column_of(StockHold, "placed_by")(hold) == "anna"
    assert columns.column_of(StockHold, "a method") == "a method"


def test_what_was_kept_as_json_is_told_in_words() -> None:
    assert shown.told({"raw_qty": 4, "is_late": False}) == (
        '<span class="oms-muted">raw qty</span> 4 · <span class="oms-muted">is late</span> no'
    )
    assert shown.told(["2026-03-02", "2026-03-04"]) == "2026-03-02, 2026-03-04"
    assert shown.told({"name": "<b>"}) == '<span class="oms-muted">name</span> &lt;b&gt;'
    assert (shown.told({}), shown.told([])) == ("–", "–")


@pytest.mark.django_db
def test_a_page_of_facts_names_its_subject_and_writes_days_alike(desk: Desk) -> None:
    row = QueueDayFactory.create(sku=SkuFactory.create(code="CHAIR"), as_of_on=date(2026, 3, 2))

    page = desk.page(row).content.decode()

    assert "Queue day of CHAIR" in page
    assert "2 Mar 2026" in page
    assert "Mar. 2, 2026" not in page


def test_a_list_links_the_sku_where_the_row_is_another(world: World, desk: Desk) -> None:
    world("po PO-7 CHAIR 10 expected 12 May\norder SO-1 CHAIR 8")

    page = desk.rows(type(world.line("SO-1"))).content.decode()

    assert shown.page_of(world.sku("CHAIR")) in page
    assert shown.page_of(world.line("SO-1").order.customer) in page


def test_a_list_of_all_begins_with_the_newest_and_one_of_work_with_the_oldest(
    world: World, desk: Desk
) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        po      PO-8   CHAIR   10   expected 30 May
    """)
    lines = type(world.po_line("PO-7"))

    everything = [str(row) for row in desk.rows(lines).context["cl"].result_list]  # type: ignore[attr-defined]
    to_come = [str(row) for row in desk.rows(lines, "due=open").context["cl"].result_list]  # type: ignore[attr-defined]

    assert (everything, to_come) == (["PO-8/1", "PO-7/1"], ["PO-7/1", "PO-8/1"])


def test_an_empty_list_leads_on(desk: Desk) -> None:
    page = desk.rows(Sku).content.decode()

    assert '<a class="oms-button oms-button--go" href="add/">' in page
    assert re.search(r'<a class="oms-word" href="[^"]+glossary#sku"[^>]*>SKUs</a> come over REST', page)
