"""Messages sent again, keys shown once, SKUs planned again, mail read safely."""

import re
from collections.abc import Callable

import pytest
from django.db.models import Model

from backorders.models import ReplanRequest
from notifications.models import Message
from oms.api import access
from oms.api.models import ApiClient, BulkJob, BulkRow
from oms.groups import SERVICE
from tests.admin.conftest import Desk, Hire, address, refusal
from tests.factories import ApiClientFactory, MailboxMailFactory, MessageFactory, ReplanRequestFactory
from tests.world import World

Nobody = Callable[[Model, str], None]
pytestmark = pytest.mark.django_db


def test_a_failed_message_is_sent_again(desk: Desk) -> None:
    message = MessageFactory.create(state="failed")

    desk.presses(message, "send-again")

    assert Message.objects.get().state == "queued"
    assert "user:anna" in message.attempts.get().error


def test_what_was_sent_is_not_sent_again(desk: Desk) -> None:
    message = MessageFactory.create(state="sent")

    response = desk.presses(message, "send-again")

    assert desk.offers(message) == []
    assert "Only a failed message is sent again" in refusal(response)
    assert Message.objects.get().state == "sent"


def test_ticked_messages_are_sent_again_if_they_failed(desk: Desk) -> None:
    failed, sent = MessageFactory.create(state="failed"), MessageFactory.create(state="sent")

    desk.client.post(
        address(Message, "changelist"),
        {"action": "send_all_again", "_selected_action": [failed.pk, sent.pk]},
    )
    desk.presses(BulkJob.objects.get(), "start")

    assert [(row.body["id"], row.status) for row in BulkRow.objects.order_by("row_no")] == [
        (failed.pk, 200),
        (sent.pk, 422),
    ]
    assert dict(Message.objects.values_list("pk", "state")) == {failed.pk: "queued", sent.pk: "sent"}


def test_who_may_only_look_sends_nothing(nobody: Nobody) -> None:
    nobody(MessageFactory.create(state="failed"), "send-again")


def test_a_key_is_shown_once_and_kept_as_a_fingerprint(desk: Desk) -> None:
    response = desk.presses_in_list(ApiClient, "make", name="shop-berlin", scopes=["read", "orders"])

    key = response.context["done"].secret  # type: ignore[attr-defined]
    client = ApiClient.objects.get()
    assert key in response.content.decode()
    assert response["Cache-Control"].startswith("no-store")
    assert (client.key_hash, client.scopes) == (access.hash_of(key), ["read", "orders"])
    assert key not in desk.page(client).content.decode()


def test_a_name_is_given_to_one_client(desk: Desk) -> None:
    ApiClientFactory.create(name="shop-berlin")

    response = desk.presses_in_list(ApiClient, "make", name="shop-berlin", scopes=["read"])

    assert "give that one a new key instead" in refusal(response)
    assert ApiClient.objects.count() == 1


def test_a_new_key_ends_the_old_one(desk: Desk) -> None:
    client = ApiClientFactory.create()

    response = desk.presses(client, "new-key")

    key = response.context["done"].secret  # type: ignore[attr-defined]
    assert ApiClient.objects.get().key_hash == access.hash_of(key)


def test_a_revoked_key_calls_no_more(desk: Desk) -> None:
    client, key = access.make_client(name="shop", scopes=["read"])

    desk.presses(client, "revoke")

    response = desk.client.get("/api/v1/skus/", headers={"authorization": f"Bearer {key}"})
    assert response.status_code == 401
    assert desk.offers(client) == []


def test_customer_service_does_not_see_clients_at_all(hire: Hire) -> None:
    client = ApiClientFactory.create()
    service = hire(SERVICE)

    assert service.rows(ApiClient).status_code == 403
    assert service.presses(client, "revoke").status_code == 403
    assert service.presses_in_list(ApiClient, "make", name="x", scopes=["admin"]).status_code == 403
    assert ApiClient.objects.get().is_active


def test_a_sku_is_planned_again_now(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()
    world.slips("PO-7", to="30 May")

    desk.presses(ReplanRequest.objects.get(), "replan")

    assert world.promised("SO-1").isoformat() == "2026-05-30"  # type: ignore[union-attr]
    assert not ReplanRequest.objects.exists()


def test_who_may_only_look_re_plans_nothing(nobody: Nobody) -> None:
    request = ReplanRequestFactory.create()

    nobody(request, "replan")
    nobody(request.sku, "replan")

    assert ReplanRequest.objects.get() == request


def test_mail_is_shown_where_nothing_of_it_runs(desk: Desk) -> None:
    mail = MailboxMailFactory.create(html='<p onclick="x">Hello</p><script>evil()</script>', text="Hello")

    shown = desk.page(mail).content.decode()

    assert '<iframe sandbox="" srcdoc="&lt;p onclick=&quot;x&quot;&gt;Hello' in shown
    assert "<script>evil()" not in shown


def _bounced(world: World) -> Message:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="30 Mar")
    world.settle()
    Message.objects.filter(kind="delay_notice").update(state="bounced")
    return Message.objects.get(kind="delay_notice")


def test_a_notice_is_printed_with_a_link_that_works_and_told_by_hand(desk: Desk, world: World) -> None:
    message = _bounced(world)
    assert desk.offers(message) == ["send-again", "told-by-hand", "letter"]

    desk.presses(message, "letter")
    paper = desk.client.get(address(Message, "letter", message.pk)).content.decode()

    (link,) = set(re.findall(r"http://127\.0\.0\.1:8000(/c/[\w-]+/)", paper))
    assert desk.client.get(link).status_code == 200
    assert "A new date for your order" not in paper  # its heading; the subject stands for it
    assert "30 March 2026" in paper and "<script" not in paper

    desk.presses(message, "told-by-hand", how="letter", note="Posted.")

    message.refresh_from_db()
    assert (message.state, desk.offers(message)) == ("sent", [])
    assert "Told by letter, by user:anna. Posted." in message.attempts.latest("pk").error
    assert link not in message.text


def test_what_was_sent_is_not_written_on_paper(desk: Desk) -> None:
    message = MessageFactory.create(state="sent")

    for slug in ("letter", "told-by-hand"):
        assert "nobody" in refusal(
            response := desk.presses(message, slug, how="letter")
        ) or "failed" in refusal(response)

    assert Message.objects.get().state == "sent"


def test_who_may_only_look_writes_no_letter(nobody: Nobody) -> None:
    nobody(MessageFactory.create(state="bounced"), "letter")
