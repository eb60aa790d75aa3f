"""The first screen: the work there is, counted within bounds, for those whose work it is."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from notifications.models import Message
from oms import lists, workplace
from oms.groups import BUYER, MANAGER, WAREHOUSE
from oms.kernel import clock
from tests.admin.conftest import Desk, Hire
from tests.factories import (
    ChannelFactory,
    DeadlineFactory,
    DelayCaseFactory,
    DemandFactory,
    InboundFactory,
    KlaviyoAccountFactory,
    MessageFactory,
    PaymentFactory,
    PegFactory,
    PickRequestFactory,
    PurchaseLineFactory,
    QueueDayFactory,
    RefundFactory,
    ReplanRequestFactory,
    SignalFactory,
    WithdrawalFactory,
)
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


def _counts(desk: Desk) -> dict[str, str]:
    groups = desk.client.get("/admin/").context["groups"]
    return {card.queue.title: card.count for group in groups if group["is_work"] for card in group["cards"]}


def _overdue_line(days: int = 1) -> None:
    expected_on = clock.now().date() - timedelta(days=days)
    line = PurchaseLineFactory.create(expected_on=expected_on, purchase_order__state="confirmed")
    PegFactory.create(supply=line.supply, demand__sku=line.sku, demand__promised_on=None)


def _work(frozen: clock.Journey) -> None:
    today, ago = clock.now().date(), clock.now() - timedelta(days=2)
    DemandFactory.create(promised_on=today - timedelta(days=1))
    DelayCaseFactory.create(answer_by=clock.now() + timedelta(hours=47))
    DelayCaseFactory.create(answer_by=clock.now() + timedelta(hours=49))
    MessageFactory.create(state=Message.State.FAILED)
    MessageFactory.create(state=Message.State.BOUNCED)
    PickRequestFactory.create(requested_at=ago)
    RefundFactory.create()
    PaymentFactory.create(needs_person="declined")
    PaymentFactory.create()
    ReplanRequestFactory.create(marked_at=ago)
    SignalFactory.create()
    InboundFactory.create(state="failed")
    InboundFactory.create(state="queued", received_at=clock.now() - timedelta(minutes=11))
    InboundFactory.create(state="queued", received_at=clock.now() - timedelta(minutes=9))
    KlaviyoAccountFactory.create(needs_person="The key is refused.")
    KlaviyoAccountFactory.create(code="fine", channel=ChannelFactory.create())
    QueueDayFactory.create()
    QueueDayFactory.create(as_of_on=today - timedelta(days=400))
    DeadlineFactory.create(blocked_because="notice_due")
    DeadlineFactory.create()
    WithdrawalFactory.create(state="waiting")
    WithdrawalFactory.create(state="received")


def test_each_queue_counts_its_own_work(desk: Desk, frozen: clock.Journey) -> None:
    _work(frozen)
    _overdue_line()

    assert _counts(desk) == {
        "Late promises": "1",
        "Overdue purchases": "1",
        "Cases about to lapse": "1",
        "Deadlines of the law": "1",
        "Shortages": "1",
        "Open signals": "1",
        "Growing queues": "1",
        "Refunds due": "1",
        "Payments to see to": "1",
        "Withdrawals": "1",
        "Picks nobody took": "1",
        "Jobs that did not run": "0",
        "Failed messages": "2",
        "Stuck webhooks": "2",
        "Stuck accounts": "1",
        "Stuck re-plans": "1",
    }


def test_each_count_leads_to_exactly_that_list(desk: Desk, frozen: clock.Journey) -> None:
    _work(frozen)
    _overdue_line()

    for queue in lists.NEEDS_A_PERSON:
        shown = desk.client.get(queue.address).context["cl"]
        assert str(shown.result_count) == _counts(desk)[queue.title], queue.title


def test_what_is_due_today_is_not_late_yet(desk: Desk, frozen: clock.Journey) -> None:
    _overdue_line(days=0)
    DemandFactory.create(promised_on=clock.now().date())

    counts = _counts(desk)
    assert (counts["Overdue purchases"], counts["Late promises"]) == ("0", "0")


def test_an_overdue_purchase_nobody_waits_for_is_no_work(desk: Desk, frozen: clock.Journey) -> None:
    PurchaseLineFactory.create(expected_on=clock.now().date() - timedelta(days=1))

    assert _counts(desk)["Overdue purchases"] == "0"


def test_counting_ends_at_99(desk: Desk, frozen: clock.Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "COUNTED_AT_MOST", 2)
    MessageFactory.create_batch(2, state=Message.State.FAILED)
    exactly = _counts(desk)["Failed messages"]
    MessageFactory.create(state=Message.State.FAILED)

    assert (exactly, _counts(desk)["Failed messages"]) == ("2", "2+")


def test_the_first_screen_takes_ten_queries_at_most(hire: Hire, frozen: clock.Journey) -> None:
    _work(frozen)
    desk = hire(MANAGER)

    asked = queries_of(lambda: desk.client.get("/admin/"))

    assert len(asked) <= 10
    assert [sql for sql in asked if "COUNT(" in sql] == []


def test_the_most_urgent_rows_are_named(desk: Desk, frozen: clock.Journey) -> None:
    today = clock.now().date()
    for days in (4, 2, 9, 1):
        RefundFactory.create(
            due_on=today + timedelta(days=days),
            cancellation__line__order__number=f"SO-{days}",
            amount=Decimal(days),
            currency="EUR",
        )

    groups = desk.client.get("/admin/").context["groups"]
    card = next(card for card in groups[0]["cards"] if card.queue.title == "Refunds due")

    assert [(row["name"], row["beside"], row["when"]) for row in card.first] == [
        ("SO-1", "1.00 EUR", "in 1 day"),
        ("SO-2", "2.00 EUR", "in 2 days"),
        ("SO-4", "4.00 EUR", "in 4 days"),
    ]


def test_a_warehouse_does_not_see_who_may_call_the_api(hire: Hire) -> None:
    links = hire(WAREHOUSE).client.get("/admin/").content.decode()

    assert "/admin/purchasing/purchaseorder/" in links
    assert "/admin/api/apiclient/" not in links


def test_whoever_is_in_no_group_is_told_whom_to_ask(hire: Hire) -> None:
    desk = hire(BUYER)
    User.objects.get(username="buyer").groups.clear()

    assert "Ask an ops manager" in desk.client.get("/admin/").content.decode()


def test_the_side_bar_holds_the_three_groups_and_help(desk: Desk) -> None:
    shown = desk.client.get("/admin/").context["sidebar_navigation"]

    assert [group.get("title") for group in shown] == [None, "Needs a person", "Look up", "Policy", "Help"]
    linked = [item["title"] for item in shown[1]["items"]]
    assert linked == [queue.title for queue in lists.NEEDS_A_PERSON]
