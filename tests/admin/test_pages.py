"""Pages tell the whole story: the line's chain, who waits for a purchase, the future of a SKU."""

import re
from datetime import date, timedelta

import pytest

from backorders.rules.atp import Day
from inventory.admin.atp_chart import draw
from oms.kernel import clock
from oms.orders.admin.story import Step
from tests.admin.conftest import Desk
from tests.queries import same_queries
from tests.world import World


@pytest.fixture
def slipped(world: World, frozen: clock.Journey) -> World:
    """Eight chairs promised for 12 May, a day later moved to 30 May, the customer asked."""
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()
    frozen.forward(timedelta(days=1))
    world.slips("PO-7", to="30 May")
    frozen.forward(timedelta(minutes=1))
    world.settle()
    return world


def _story(desk: Desk, world: World) -> list[Step]:
    story: list[Step] = desk.page(world.line("SO-1")).context["story"]  # type: ignore[attr-defined]
    return story


def _text(desk: Desk, row: object) -> str:
    html = desk.page(row).content.decode()  # type: ignore[arg-type]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_line_tells_what_happened_in_order(slipped: World, desk: Desk) -> None:
    assert [step.what for step in _story(desk, slipped)] == [
        "Accepted: 8 units of CHAIR",
        "Promised to ship 12 May 2026",
        "8 units on backorder",
        "Told: confirmation",
        "PO-7/1 moved from 12 May 2026 to 30 May 2026",
        "Promise moved to 30 May 2026, 18 days later",
        "Asked the customer: wait, cancel",
        "Told: delay notice",
    ]


def test_every_promise_answers_why_this_date(slipped: World, desk: Desk) -> None:
    first, moved = [step.why for step in _story(desk, slipped) if step.why]

    assert "Rule “backorders for all”, version 1 (backorder), dated for a service level of 90%." in first
    assert any(words.startswith("8 of CHAIR from purchase PO-7") for words in first)
    assert any("expected Sat 30 May 2026" in words for words in moved)
    assert "Promised before: Tue 12 May 2026." in moved


def test_a_line_shows_what_covers_it_and_the_open_question(slipped: World, desk: Desk) -> None:
    text = _text(desk, slipped.line("SO-1"))

    assert "8 units of Chair, to ship 30 May 2026" in text
    assert "PO-7/1" in text
    assert "The customer is asked: wait, cancel" in text


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("stock CHAIR 10\norder SO-1 CHAIR 8", "ready"),
        ("po PO-7 CHAIR 10 expected 12 May\norder SO-1 CHAIR 8", "waiting"),
    ],
)
def test_an_order_stands_in_words(world: World, desk: Desk, told: str, words: str) -> None:
    world(told)

    assert f">{words}</span>" in desk.page(world.line("SO-1").order).content.decode()


def test_an_order_that_lost_its_supply_says_so(slipped: World, desk: Desk) -> None:
    slipped.cuts("PO-7", to=4)

    assert "no supply" in _text(desk, slipped.line("SO-1").order)


def test_a_purchase_line_names_who_waits_by_rank(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    3
        order   SO-2   CHAIR    4
    """)

    waiting = desk.page(world.po_line("PO-7")).context["waiting"]  # type: ignore[attr-defined]

    assert [(peg.demand.order_line, peg.qty, peg.value) for peg in waiting] == [
        (world.line("SO-1"), 3, 60),
        (world.line("SO-2"), 4, 80),
    ]


def test_a_sku_shows_its_future(slipped: World, desk: Desk) -> None:
    text = _text(desk, slipped.sku("CHAIR"))

    assert "ATP is 0 today and 2 from 30 May 2026." in text
    assert "backorders for all" in text
    assert "1 waiting" in text


def test_a_sku_without_a_rule_says_what_that_means(slipped: World, desk: Desk) -> None:
    slipped.rule.delete()

    assert "No rule speaks for WEB: only what is in stock is sold there." in _text(desk, slipped.sku("CHAIR"))


def test_pages_take_as_many_queries_for_30_lines_as_for_3(
    world: World, desk: Desk, frozen: clock.Journey
) -> None:
    world("po PO-7 CHAIR 100 expected 12 May")
    made = iter(range(1_000))

    def prepared(count: int) -> object:
        for _ in range(count):
            world.orders(f"SO-{next(made)}", ("CHAIR", 1))
        return lambda: (desk.page(world.po_line("PO-7")), desk.page(world.sku("CHAIR")))

    desk.page(world.sku("CHAIR"))
    assert same_queries(prepared) <= 60  # type: ignore[arg-type]


def test_the_chart_draws_steps_and_marks_what_is_short() -> None:
    today = date(2026, 3, 2)
    days = [Day(today, 5, 0, 5, 0), Day(date(2026, 3, 7), 0, 8, -3, 0), Day(date(2026, 3, 12), 10, 0, 7, 7)]

    chart = draw(days, today=today)

    assert chart.summary == "ATP is 0 today and 7 from 12 Mar 2026. Short by 3 on 7 Mar 2026."
    assert [tick.words for tick in chart.levels] == ["-3", "0", "7"]
    assert [tick.words for tick in chart.days] == ["2 Mar", "5 Mar", "9 Mar", "12 Mar", "16 Mar"]
    # Over 14 days on 666 units of width: day 5 stands at 281.9, day 10 at 519.7.
    assert chart.balance == "M44.0 44.4 H281.9 V174.0 H519.7 V12.0 H710.0"


def test_a_flat_chart_is_drawn_too() -> None:
    chart = draw([Day(date(2026, 3, 2), 0, 0, 0, 0)], today=date(2026, 3, 2))

    assert [tick.words for tick in chart.levels] == ["0", "1"]
