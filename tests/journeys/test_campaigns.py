"""One slip, everybody it concerns: gathered, told, reminded once, stopped, let go on, and ended by itself."""

from datetime import timedelta

import pytest

from backorders import asking, campaigning, choosing
from backorders.campaigning import Part
from backorders.models import Campaign, Choice, DelayCase
from notifications import delivery
from notifications.models import Message
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import Conflict, NotFound
from tests.queries import queries_of
from tests.world import World, day

ANNA = user("anna")


@pytest.fixture
def slipped(world: World) -> World:
    """Three orders on one purchase that slipped, told but unanswered."""
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
        order B    CHAIR 2
        order C    CHAIR 1
    """)
    world.slips("PO-7", to="30 Mar")
    world.settle()
    return world


def _only() -> Campaign:
    return Campaign.objects.get()


def _said(campaign: Campaign) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in campaigning.progress(campaign.pk):
        found[part.outcome] = found.get(part.outcome, 0) + part.lines
    return found


def test_one_slip_is_one_campaign_with_value_and_answers(slipped: World) -> None:
    campaign = _only()
    assert (campaign.source, campaign.cause, campaign.expected_on) == (
        "PO-7/1",
        "supplier_late",
        day("30 Mar"),
    )
    assert sum(part.value for part in campaigning.progress(campaign.pk)) == 140
    assert _said(campaign) == {"open": 3}
    choices, silence, _, lines, value, _ = campaigning.entitled(campaign.pk)[0]
    assert (choices, silence, lines, value) == ('["wait", "cancel"]', "wait", 3, 140)

    slipped.customer_chooses("A", "wait")
    slipped.customer_chooses("B", "cancel")

    assert _said(campaign) == {"wait": 1, "cancel": 1, "open": 1}


def test_a_campaign_ends_by_itself_with_the_last_answer(slipped: World, frozen: clock.Journey) -> None:
    slipped.customer_chooses("A", "wait")
    slipped.customer_chooses("B", "wait")
    assert campaigning.end_finished() == 0

    frozen.forward(timedelta(days=8))
    choosing.sweep_deadlines()

    assert campaigning.end_finished() == 1
    assert _only().ended_at == clock.now()
    assert _said(_only()) == {"wait": 2, "silent": 1}


def test_a_second_slip_is_a_campaign_of_its_own(slipped: World) -> None:
    slipped.slips("PO-7", to="10 Apr")
    slipped.settle()

    assert list(Campaign.objects.order_by("pk").values_list("expected_on", flat=True)) == [
        day("30 Mar"),
        day("10 Apr"),
    ]
    assert campaigning.end_finished() == 1
    first, second = Campaign.objects.order_by("pk")
    assert (first.ended_at is not None, second.ended_at) == (True, None)
    assert _said(first) == {"asked_anew": 3}


def test_a_reminder_goes_once_to_whoever_is_silent(slipped: World) -> None:
    slipped.customer_chooses("A", "wait")
    campaign = _only()

    campaigning.remind(campaign_id=campaign.pk, actor=ANNA)

    assert (asking.remind_cases(), asking.remind_cases()) == (0, 0)  # told at this very instant


def test_a_reminder_is_written_to_the_silent_alone(slipped: World, frozen: clock.Journey) -> None:
    slipped.customer_chooses("A", "wait")
    frozen.forward(timedelta(days=2))

    campaigning.remind(campaign_id=_only().pk, actor=ANNA)

    assert (asking.remind_cases(), asking.remind_cases()) == (2, 0)
    assert slipped.told("A") == ["confirmation", "delay_notice"]
    assert slipped.told("B") == ["confirmation", "delay_notice", "delay_reminder"]
    with pytest.raises(Conflict, match="once is enough"):
        campaigning.remind(campaign_id=_only().pk, actor=ANNA)
    assert Message.objects.filter(kind="delay_reminder").count() == 2


def test_a_stopped_campaign_holds_back_notices_and_deadlines(slipped: World, frozen: clock.Journey) -> None:
    Message.objects.filter(kind="delay_notice").exclude(subject_ref=slipped.numbers["A"]).update(
        state="queued"
    )
    campaigning.stop(campaign_id=_only().pk, actor=ANNA)
    states = dict(Message.objects.filter(kind="delay_notice").values_list("subject_ref", "state"))
    assert [states[slipped.numbers[name]] for name in "ABC"] == ["sent", "held", "held"]
    before = DelayCase.objects.order_by("pk").values_list("answer_by", flat=True)[0]

    frozen.forward(timedelta(days=8))
    assert choosing.sweep_deadlines() == 0
    assert Choice.objects.count() == 0
    campaigning.go_on(campaign_id=_only().pk, actor=ANNA)
    delivery.deliver_due()

    assert set(Message.objects.filter(kind="delay_notice").values_list("state", flat=True)) == {"sent"}
    after = DelayCase.objects.order_by("pk").values_list("answer_by", flat=True)[0]
    assert after - before == timedelta(days=8)
    assert choosing.sweep_deadlines() == 0


def test_a_delay_over_before_its_notice_left_is_not_told(slipped: World) -> None:
    Message.objects.filter(kind="delay_notice").update(state="queued")
    campaigning.stop(campaign_id=_only().pk, actor=ANNA)

    slipped.slips("PO-7", to="12 Mar")
    slipped.settle()

    assert slipped.open_case("A") is None
    assert "good_news" not in slipped.told("A")


@pytest.mark.parametrize("command", [campaigning.remind, campaigning.stop, campaigning.go_on])
def test_a_campaign_that_is_over_is_left_alone(slipped: World, command: object) -> None:
    Campaign.objects.update(ended_at=clock.now())

    with pytest.raises(Conflict, match="over"):
        command(campaign_id=_only().pk, actor=ANNA)  # type: ignore[operator]
    with pytest.raises(NotFound):
        command(campaign_id=0, actor=ANNA)  # type: ignore[operator]

    assert (_only().reminded_at, _only().stopped_at) == (None, None)


def test_progress_is_one_query_however_large(slipped: World) -> None:
    assert len(queries_of(lambda: campaigning.progress(_only().pk))) == 2
    assert all(isinstance(part, Part) for part in campaigning.progress(_only().pk))


def test_the_books_say_who_was_asked_by_which_message(slipped: World) -> None:
    for case in DelayCase.objects.select_related("order_line__order"):
        message = Message.objects.get(key=case.notice_key)
        assert (message.kind, message.subject_ref) == ("delay_notice", case.order_line.order.number)
