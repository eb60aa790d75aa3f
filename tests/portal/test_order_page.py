"""The page of an order: what it says, who it opens for, and cancelling what may be cancelled."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from backorders import tokens
from backorders.models import CancellationPolicy, OrderLink
from inventory.models import Sku
from notifications import delivery
from notifications.models import Message
from oms.kernel import clock
from oms.orders import lifecycle
from oms.orders.models import Cancellation, Customer, OrderLine
from oms.portal import private
from tests.portal.test_case_page import asked as asked
from tests.portal.test_case_page import replan_without_delivery
from tests.portal.visiting import HOME, Guest, order_link, text_of
from tests.queries import queries_of
from tests.world import World

GUEST = Guest()


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    private.misses.forget()


@pytest.fixture
def waiting(world: World) -> World:
    """Eight chairs at 20.00 from a purchase of 12 March, two stools on the shelf."""
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        stock STOOL 2
    """)
    world.orders("A", ("CHAIR", 8), ("STOOL", 2))
    return world


def _nothing_changed() -> bool:
    return not Cancellation.objects.exists()


def test_every_mail_leads_to_the_page_by_a_link_of_its_own(waiting: World) -> None:
    waiting.settle()
    waiting.releases()
    waiting.ships("A")

    mails = list(Message.objects.order_by("pk"))

    assert [mail.kind for mail in mails] == ["confirmation", "partly_shipped"]
    links = [mail.context["order_link"] for mail in mails if "…" not in mail.context["order_link"]]
    assert len(set(links)) == len(links) == 1
    assert OrderLink.objects.filter(order__number=waiting.numbers["A"]).count() == 2
    token = links[0].removeprefix(f"{HOME}/o/").rstrip("/")
    assert OrderLink.objects.filter(token_hash=tokens.hashed(token)).exists()
    assert not OrderLink.objects.filter(token_hash__contains=token).exists()


def test_a_mail_that_was_sent_keeps_no_link(waiting: World) -> None:
    token = order_link(waiting, "A").split("/")[2]
    delivery.deliver_due()

    mail = Message.objects.get()

    assert token not in f"{mail.context}{mail.text}{mail.html}"
    assert "/o/…" in mail.text and "/o/…" in mail.html


def test_it_says_what_is_promised_and_when_it_ships(waiting: World) -> None:
    text = GUEST.reads(order_link(waiting, "A"))

    for words in (
        f"Your order {waiting.numbers['A']}",
        "Ordered on 2 March 2026",
        "8 × Chair On its way to us; yours is set aside from it Ships 12 March 2026",
        "2 × Stool In our warehouse, set aside for you",
    ):
        assert words in text
    assert "How the date has moved" not in text


def test_it_tells_how_the_date_moved_and_asks_for_the_answer(asked: World) -> None:
    link = order_link(asked, "A")
    text = GUEST.reads(link)

    for words in (
        "We have a question about a delay. Please answer by 9 March 2026, 08:00 (UTC).",
        "2 March 2026 first promise: 12 March 2026",
        "2 March 2026 new date: 30 March 2026 – our supplier is running late",
    ):
        assert words in text
    assert "What shall we do with 8 × Chair?" in GUEST.reads(f"{link}answer/")


def test_the_question_is_answered_from_it_too(asked: World) -> None:
    link = order_link(asked, "A")
    form = GUEST.fields(GUEST.get(f"{link}answer/"))

    answer = GUEST.sends(f"{link}answer/", {**form, "choice": "wait"})

    assert (answer.status_code, answer["Location"]) == (303, f"{link}answer/")
    assert "Your answer: Wait" in GUEST.reads(f"{link}answer/")
    assert "See or change your answer" in GUEST.reads(link)


def test_it_tells_what_left_and_how_to_follow_it(waiting: World) -> None:
    waiting.receives("PO-7", 10)
    waiting.settle()
    waiting.releases()
    waiting.ships("A")

    page = GUEST.get(order_link(waiting, "A"))
    text = text_of(page)

    for words in ("8 × Chair Sent", "Sent already 8 of 8", "Sent on 2 March 2026", "Carrier DHL"):
        assert words in text
    assert 'href="https://www.dhl.com/global-en/home/tracking.html?tracking-id=T' in page.content.decode()
    assert "Cancel this" not in text


def test_what_left_in_part_says_what_is_owed(waiting: World) -> None:
    waiting.receives("PO-7", 3)
    waiting.settle()
    waiting.releases()
    waiting.ships("A")

    text = GUEST.reads(order_link(waiting, "A"))

    assert "8 × Chair Part of it is sent, the rest follows Ships 12 March 2026" in text
    assert "Sent already 3 of 8 Still to come 5 of 8" in text


def test_cancelling_asks_first_and_tells_what_comes_back(waiting: World) -> None:
    link = order_link(waiting, "A")

    page = GUEST.get(f"{link}cancel/1/")

    assert "Cancel Chair? 8 × Chair You get €160.00 back within 7 days, the way you paid." in text_of(page)
    assert _nothing_changed()

    done = GUEST.sends(f"{link}cancel/1/", GUEST.fields(page))

    assert (done.status_code, done["Location"]) == (303, link)
    text = GUEST.reads(link)
    assert "8 × Chair Cancelled Withdrawn or cancelled 8 of 8 – you asked us to" in text
    assert "Money back to you €160.00, on its way by 9 March 2026" in text
    cancellation = Cancellation.objects.get()
    token = link.split("/")[2]
    assert (cancellation.cause, cancellation.by) == (
        "customer_request",
        f"customer:link:{tokens.hashed(token)[:12]}",
    )


def test_looking_changes_nothing_however_often(waiting: World) -> None:
    link = order_link(waiting, "A")
    for address in (link, f"{link}cancel/1/", f"{link}withdraw/", f"{link}answer/"):
        for method in (GUEST.client.get, GUEST.client.head):
            assert method(address).status_code in (200, 410)

    assert _nothing_changed()
    assert GUEST.client.post(link).status_code == 405


def test_without_a_stamp_of_ours_nothing_is_cancelled(waiting: World) -> None:
    link = order_link(waiting, "A")
    other = GUEST.fields(GUEST.get(f"{link}cancel/1/"))["stamp"]

    for stamp in ("", "x", other[:-2]):
        assert GUEST.sends(f"{link}cancel/1/", {"stamp": stamp}).status_code == 403
    assert _nothing_changed()


def test_what_the_policy_keeps_cannot_be_cancelled(waiting: World) -> None:
    CancellationPolicy.objects.create(name="final", self_cancel_until="never")
    link = order_link(waiting, "A")

    assert "Cancel this" not in GUEST.reads(link)
    refused = GUEST.get(f"{link}cancel/1/")

    assert (refused.status_code, "cannot be cancelled here any more" in text_of(refused)) == (422, True)
    assert _nothing_changed()


def test_a_line_that_is_not_there_is_not_cancelled(waiting: World) -> None:
    link = order_link(waiting, "A")

    for line_no in (0, 3, 10**30):
        assert GUEST.get(f"{link}cancel/{line_no}/").status_code == 422


def test_a_second_click_changes_nothing_more(waiting: World) -> None:
    link = order_link(waiting, "A")
    form = GUEST.fields(GUEST.get(f"{link}cancel/1/"))

    first, second = (GUEST.sends(f"{link}cancel/1/", form) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 422)
    assert Cancellation.objects.count() == 1


def test_a_busy_order_asks_to_try_again(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    link = order_link(waiting, "A")
    form = GUEST.fields(GUEST.get(f"{link}cancel/1/"))

    def wait(**_: Any) -> None:
        raise OperationalError("lock timeout")

    monkeypatch.setattr(lifecycle, "cancel_qty", wait)
    response = GUEST.sends(f"{link}cancel/1/", form)

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert _nothing_changed()


def test_tokens_that_are_wrong_revoked_or_old_say_the_same(waiting: World, frozen: clock.Journey) -> None:
    link = order_link(waiting, "A")
    wrong = text_of(GUEST.get(f"/o/{'x' * 32}/"))

    OrderLink.objects.update(revoked_at=clock.now())
    revoked = GUEST.get(link)
    OrderLink.objects.update(revoked_at=None)
    frozen.move_to(clock.now() + tokens.ORDER_LINK_IS_GOOD_FOR + timedelta(days=1))
    old = GUEST.get(link)

    assert (revoked.status_code, old.status_code) == (404, 404)
    assert text_of(revoked) == text_of(old) == wrong
    assert waiting.numbers["A"] not in wrong


def test_who_tries_tokens_at_random_is_slowed_down(db: None) -> None:
    answers = [GUEST.get(f"/o/{number:032d}/").status_code for number in range(private.misses.burst + 1)]

    assert answers == [404] * private.misses.burst + [429]
    assert GUEST.get("/c/" + "y" * 32 + "/")["Retry-After"] == "60"


def test_a_link_opens_nothing_but_its_own_order(waiting: World) -> None:
    waiting.orders("B", ("CHAIR", 1))

    text = GUEST.reads(order_link(waiting, "B"))

    assert waiting.numbers["B"] in text and waiting.numbers["A"] not in text
    assert GUEST.get(f"{order_link(waiting, 'B')}cancel/2/").status_code == 422


def test_a_title_with_markup_is_only_words(waiting: World) -> None:
    Sku.objects.filter(code="CHAIR").update(title='<script>alert("1")</script>')

    page = GUEST.get(order_link(waiting, "A")).content.decode()

    assert "<script" not in page and "&lt;script&gt;" in page


def test_tracking_with_markup_is_only_words(waiting: World) -> None:
    waiting.receives("PO-7", 10)
    waiting.settle()
    waiting.releases()
    for pick in waiting.picks("A"):
        from oms.orders import shipping
        from tests.world import ANNA

        shipping.confirm_shipment(
            external_id=f"s{pick.pk}",
            source="t",
            pick_id=pick.pk,
            carrier="dhl",
            tracking='"><script>x</script>',
            scanned_at=clock.now(),
            lines=None,
            actor=ANNA,
        )

    assert "<script" not in GUEST.get(order_link(waiting, "A")).content.decode()


def test_a_huge_body_is_refused_before_it_is_read(waiting: World) -> None:
    link = order_link(waiting, "A")

    response = GUEST.sends(f"{link}cancel/1/", {"stamp": "x" * 100_000})

    assert response.status_code == 413
    assert "larger than this page takes" in text_of(response)


@pytest.mark.parametrize("suffix", ["", "answer/", "cancel/1/", "withdraw/"])
def test_nobody_else_keeps_it(waiting: World, suffix: str) -> None:
    headers = GUEST.get(f"{order_link(waiting, 'A')}{suffix}").headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("de", "Unterwegs zu uns; Ihr Teil davon ist für Sie vorgesehen"),
        ("fr", "En route vers nous ; le vôtre y est mis de côté"),
        ("es", "De camino hacia nosotros; lo suyo ya está apartado"),
    ],
)
def test_it_speaks_the_customers_language(waiting: World, locale: str, said: str) -> None:
    Customer.objects.update(locale=locale)

    assert said in GUEST.reads(order_link(waiting, "A"))


def test_many_lines_cost_as_many_queries_as_few(world: World) -> None:
    world("po PO-7 CHAIR 400 expected 12 Mar")
    world.orders("A", ("CHAIR", 1))
    world.orders("B", *[("CHAIR", 1)] * 20)
    world.slips("PO-7", to="30 Mar")
    replan_without_delivery()
    few, many = order_link(world, "A"), order_link(world, "B")
    GUEST.get(few)

    counts = [len(queries_of(lambda link=link: GUEST.get(link))) for link in (few, many)]  # type: ignore[misc]

    assert counts[0] == counts[1]
    assert OrderLine.objects.count() == 21
