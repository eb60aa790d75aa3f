"""The customer's page: shows the question, takes a person's answer, and nothing else changes anything."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from backorders import choosing, releasing, replanning
from backorders.models import Choice, DelayCase
from inventory.models import Alternative
from notifications.models import Message
from oms.kernel import clock
from oms.orders.models import Cancellation, Customer, OrderLine, Refund
from tests.queries import queries_of
from tests.world import World

BROWSER = Client(enforce_csrf_checks=True)


class Visit:
    """The page behind the link in the newest delay notice, as a browser without scripts sees it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, **headers: str) -> Any:
        """Open the page."""
        return BROWSER.get(self.url, headers=headers or None)

    def text(self, response: Any = None) -> str:
        """What a person reads on it."""
        page = (response or self.get()).content.decode()
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())

    def stamp(self) -> str:
        """The stamp in its form."""
        found = re.search(r'name="stamp" value="([^"]+)"', self.get().content.decode())
        assert found
        return found[1]

    def answers(self, choice: str, **more: str) -> Any:
        """Send the form."""
        data = {"stamp": self.stamp(), "line": "1", "choice": choice, **more}
        return BROWSER.post(self.url, data, headers={"origin": "null"})


def _link(world: World, name: str) -> str:
    notice = Message.objects.filter(subject_ref=world.numbers[name], kind="delay_notice").latest("pk")
    link: str = notice.context["link"]
    return link.removeprefix("http://127.0.0.1:8000")


def replan_without_delivery() -> None:
    """Plan again without delivering, so that the notice still holds its link."""
    releasing.release_ready(sku_ids=replanning.replan_marked())


@pytest.fixture
def asked(world: World) -> World:
    """Eight chairs at 20.00, promised for 12 March, now for 30 March; the notice is not sent yet."""
    world.web.name = "Nordlicht"
    world.web.save()
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        stock STOOL 20
    """)
    stool = world.sku("STOOL")
    stool.price, stool.title = Decimal("15.00"), "Small stool"
    stool.save()
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=stool)
    world.orders("A", ("CHAIR", 8))
    world.slips("PO-7", to="30 Mar")
    replan_without_delivery()
    return world


@pytest.fixture
def visit(asked: World) -> Visit:
    """The page of that order."""
    return Visit(_link(asked, "A"))


def _nothing_changed() -> bool:
    line = OrderLine.objects.get()
    return (Choice.objects.count(), Cancellation.objects.count(), line.open_qty) == (0, 0, 8)


def test_it_shows_what_was_ordered_promised_and_why_it_moved(visit: Visit, asked: World) -> None:
    text = visit.text()

    for words in (
        "Nordlicht",
        f"Your order {asked.numbers['A']}",
        "8 × Chair",
        "First promise ships 12 March 2026",
        "New date ships 30 March 2026",
        "Reason our supplier is running late",
        "Please answer by 9 March 2026, 08:00 (UTC).",
        "If we do not hear from you by then, we take it that you wait.",
    ):
        assert words in text


def test_every_choice_says_what_it_means(visit: Visit) -> None:
    text = visit.text()

    for words in (
        "Wait You keep your place in the queue. It ships 30 March 2026.",
        "Switch to Small stool Ships today. You pay €120.00. That is €40.00 less, and the difference",
        "Cancel You get €160.00 back within 7 days, the way you paid.",
    ):
        assert words in text


def test_it_tells_nobody_who_the_customer_is(visit: Visit) -> None:
    page = visit.get().content.decode()

    assert "a@example.org" not in page
    assert not re.search(r"(https?:)?//(?!www\.w3\.org)", page)
    assert "<script" not in page and " on" not in re.sub(r">[^<]*<", "><", page)


def test_it_is_kept_by_no_cache_no_search_and_no_referrer(visit: Visit) -> None:
    headers = visit.get().headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_looking_never_changes_anything(visit: Visit) -> None:
    for method in ("get", "head"):
        sql = queries_of(lambda method=method: getattr(BROWSER, method)(visit.url))  # type: ignore[misc]
        assert not [line for line in sql if not line.lstrip("( \n").startswith("SELECT")]

    BROWSER.get(f"{visit.url}?choice=cancel&confirmed=yes&line=1")
    assert _nothing_changed()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(visit: Visit, method: str) -> None:
    assert getattr(BROWSER, method)(visit.url).status_code == 405
    assert _nothing_changed()


def test_waiting_is_recorded_in_one_step(visit: Visit, asked: World) -> None:
    response = visit.answers("wait")

    assert (response.status_code, response["Location"]) == (303, visit.url)
    answer = Choice.objects.get()
    assert (answer.choice, answer.is_silence) == ("wait", False)
    case = DelayCase.objects.get()
    assert answer.by == f"customer:link:{case.token_hash[:12]}"
    assert asked.line("A").open_qty == 8
    text = visit.text()
    assert "Your answer: Wait" in text and "Recorded on 2 March 2026, 08:00 (UTC)." in text
    assert "Please tell us" not in text and "Please answer by" not in text


def test_cancelling_asks_once_more(visit: Visit) -> None:
    response = visit.answers("cancel")

    assert response.status_code == 200
    text = visit.text(response)
    assert "Cancel Chair?" in text and "You get €160.00 back within 7 days" in text
    assert "This cannot be undone" in text
    assert _nothing_changed()


def test_a_confirmed_cancel_ends_the_line_and_owes_the_money(visit: Visit, asked: World) -> None:
    response = visit.answers("cancel", confirmed="yes")

    assert response.status_code == 303
    assert asked.line("A").open_qty == 0
    assert Cancellation.objects.get().cause == "customer_choice"
    assert Refund.objects.get().amount == Decimal("160.00")
    assert asked.told("A") == ["confirmation", "delay_notice", "cancelled"]
    text = visit.text()
    assert "Your answer: Cancel" in text and "It is cancelled." in text and "Change my answer" not in text


def test_a_switch_asks_once_more_and_gives_a_promise_of_its_own(visit: Visit, asked: World) -> None:
    value = f"switch:{asked.sku('STOOL').pk}"

    first = visit.answers(value)
    assert "Switch to Small stool?" in visit.text(first) and _nothing_changed()
    visit.answers(value, confirmed="yes")

    new = asked.line("A", 2)
    assert (new.sku.code, new.open_qty, new.unit_price) == ("STOOL", 8, Decimal("15.00"))
    assert asked.line("A").open_qty == 0
    assert "You have switched to Small stool." in visit.text()


def test_a_dearer_alternative_costs_no_more_than_was_ordered(visit: Visit, asked: World) -> None:
    stool = asked.sku("STOOL")
    stool.price = Decimal("25.00")
    stool.save()

    assert "It costs €200.00 elsewhere in the shop; you pay no more than €160.00" in visit.text()
    visit.answers(f"switch:{stool.pk}", confirmed="yes")
    assert asked.line("A", 2).unit_price == Decimal("20.00")


def test_an_alternative_that_cannot_be_promised_is_not_offered(visit: Visit, asked: World) -> None:
    asked.sku("STOOL")
    asked.rule.mode = "deny"
    asked.rule.save()
    asked.counts("STOOL", -15)

    assert "Small stool" not in visit.text()


def test_an_answer_can_be_changed(visit: Visit, asked: World) -> None:
    visit.answers("wait")

    assert "Change my answer" in visit.text()
    visit.answers("cancel", confirmed="yes")

    assert list(Choice.objects.order_by("pk").values_list("choice", flat=True)) == ["wait", "cancel"]
    assert asked.line("A").open_qty == 0


def test_the_same_answer_twice_is_recorded_once(visit: Visit) -> None:
    assert [visit.answers("wait").status_code for _ in range(2)] == [303, 303]
    assert Choice.objects.count() == 1


@pytest.mark.parametrize("stamp", ["", "wrong", ":forged:stamp"])
def test_an_answer_without_our_stamp_is_refused(visit: Visit, stamp: str) -> None:
    response = BROWSER.post(visit.url, {"line": "1", "choice": "wait", "stamp": stamp})

    assert response.status_code == 403
    assert "Please choose once more." in visit.text(response)
    assert _nothing_changed()


def test_the_stamp_of_another_link_is_refused(visit: Visit, asked: World) -> None:
    asked.orders("B", ("CHAIR", 2))
    asked.slips("PO-7", to="5 Apr")
    replan_without_delivery()
    other = Visit(_link(asked, "B"))

    response = BROWSER.post(other.url, {"line": "1", "choice": "wait", "stamp": visit.stamp()})

    assert response.status_code == 403
    assert Choice.objects.count() == 0


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"choice": "refund_me"},
        {"choice": "switch:0"},
        {"choice": "ship_ready"},
        {"line": "9"},
        {"line": "x" * 5000},
        {"choice": "wait\0"},
    ],
)
def test_an_answer_that_was_not_offered_is_refused(visit: Visit, data: dict[str, str]) -> None:
    sent = {"line": "1", "choice": "", "stamp": visit.stamp(), **data}
    response = BROWSER.post(visit.url, sent)

    assert response.status_code == 422
    assert "Please choose one of the answers." in visit.text(response)
    assert _nothing_changed()


@pytest.mark.django_db
def test_an_unknown_link_gets_a_kind_page_in_the_readers_language() -> None:
    visit = Visit("/c/" + "x" * 32 + "/")

    response = visit.get(accept_language="de")

    assert response.status_code == 404
    assert "Diese Seite gibt es nicht" in visit.text(response)
    assert response["Cache-Control"] == "no-store"


def test_a_link_expires_after_deadline_and_new_date(visit: Visit, frozen: clock.Journey) -> None:
    frozen.forward(timedelta(days=57))
    assert visit.get().status_code == 200

    frozen.forward(timedelta(days=2))
    response = visit.get()

    assert response.status_code == 410
    assert "This link has expired" in visit.text(response)
    assert BROWSER.post(visit.url, {"choice": "wait", "line": "1"}).status_code == 410
    assert _nothing_changed()


def test_silence_is_shown_for_what_it_meant(visit: Visit, frozen: clock.Journey) -> None:
    frozen.forward(timedelta(days=8))
    choosing.sweep_deadlines()

    assert "We did not hear from you by the deadline, so this applies: Wait" in visit.text()


def test_goods_being_packed_cannot_be_changed(visit: Visit, asked: World) -> None:
    stamp = visit.stamp()
    asked.receives("PO-7", 10)
    asked.settle()

    assert "Our warehouse is packing it right now" in visit.text()
    response = BROWSER.post(visit.url, {"line": "1", "choice": "cancel", "confirmed": "yes", "stamp": stamp})
    assert response.status_code == 422
    assert "We could not record this" in visit.text(response)
    assert _nothing_changed()


def test_shipped_goods_are_said_to_be_shipped(visit: Visit, asked: World) -> None:
    asked.receives("PO-7", 10)
    asked.settle()
    asked.ships("A")

    assert "It has been shipped." in visit.text()


def test_after_a_second_slip_both_mails_lead_to_the_newest_question(visit: Visit, asked: World) -> None:
    visit.answers("wait")
    asked.slips("PO-7", to="20 Apr")
    replan_without_delivery()
    newest = Visit(_link(asked, "A"))

    assert newest.url != visit.url
    for text in (visit.text(), newest.text()):
        for words in (
            "First promise ships 12 March",
            "Last promise ships 30 March",
            "New date ships 20 April",
        ):
            assert words in text
        assert text.count("8 × Chair") == 2 and "Your answer" not in text
    visit.answers("wait")
    assert Choice.objects.latest("pk").case.delay_no == 2


def test_a_refusal_is_told_and_changes_nothing(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise choosing.CaseClosed

    monkeypatch.setattr(choosing, "record_choice", refuse)

    response = visit.answers("wait")

    assert response.status_code == 409
    assert "We could not record this" in visit.text(response)
    assert _nothing_changed()


def test_a_busy_order_asks_to_try_again(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = visit.stamp()

    def wait(**_: Any) -> None:
        raise OperationalError("lock timeout")

    monkeypatch.setattr(choosing, "record_choice", wait)

    response = BROWSER.post(visit.url, {"line": "1", "choice": "wait", "stamp": stamp})

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "Please try again in a minute." in visit.text(response)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("de-CH", "Was sollen wir mit 8 × Chair tun?"),
        ("fr", "Que faisons-nous de 8 × Chair\N{NO-BREAK SPACE}?"),
        ("es", "¿Qué hacemos con 8 × Chair?"),
    ],
)
def test_it_speaks_the_customers_language(visit: Visit, locale: str, said: str) -> None:
    Customer.objects.update(locale=locale)

    assert " ".join(said.split()) in visit.text()


def test_all_lines_asked_about_together_are_on_one_page(asked: World) -> None:
    asked("po PO-8 LAMP 9 expected 12 Mar")
    asked.orders("B", ("LAMP", 2), ("LAMP", 3))
    asked.slips("PO-8", to="30 Mar")
    replan_without_delivery()
    visit = Visit(_link(asked, "B"))

    text = visit.text()
    visit.answers("cancel", line="2", confirmed="yes")

    assert "2 × Lamp" in text and "3 × Lamp" in text
    assert (asked.line("B", 1).open_qty, asked.line("B", 2).open_qty) == (2, 0)
