"""The federal facts, row by row, through acceptance, slip, letter, answer and sweeper."""

from datetime import date, timedelta
from functools import partial

import pytest

from backorders import choosing, deadlines, shipped_law
from backorders.models import CancellationPolicy, Choice, Deadline, DelayCase
from notifications.models import Message
from oms.kernel import clock
from oms.kernel.errors import DomainError
from oms.orders.models import Cancellation, Refund
from tests.factories import DemandFactory, OrderFactory, OrderLineFactory, PromiseFactory
from tests.journeys.law import begins, ended, ends_on, ordered, slips, sweeps, there
from tests.world import World

aug, sep, october, nov = (partial(date, 2026, month) for month in (8, 9, 10, 11))
T = october(1)


@pytest.mark.parametrize(("is_on_credit", "last"), [(False, sep(2)), (True, sep(22))])
def test_without_a_stated_date_the_law_counts_from_the_order(
    db: None, frozen: clock.Journey, is_on_credit: bool, last: date
) -> None:
    frozen.move_to(there(aug(3)))
    shipped_law.add_missing()
    order = OrderFactory.create(
        country="US", state_code="NY", placed_at=clock.now(), is_on_credit=is_on_credit
    )
    line = OrderLineFactory.create(order=order, unit_price=20)
    DemandFactory.create(order_line=line, first_promise_on=None, promised_on=None)
    PromiseFactory.create(
        order_line=line, ships_earliest=None, ships_latest=None, delivers_earliest=None, delivers_latest=None
    )
    deadlines.renew(line_ids=[line.pk])
    due = Deadline.objects.get(order_line=line, kind="end")

    on_the_day = sweeps(frozen, begins(last))
    after_it = sweeps(frozen, begins(last + timedelta(days=1)))

    assert due.last_on == last
    assert (on_the_day, after_it) == (0, 1)
    refund = Refund.objects.get()
    assert (refund.vested_on, Cancellation.objects.get().cause) == (last + timedelta(days=1), "law_limit")
    if not is_on_credit:
        assert (refund.due_on, refund.alarm_on) == (sep(15), sep(14))  # Labor Day is the 7th.


def test_silence_to_a_short_first_notice_waits_until_its_date(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(28), "20 Oct")
    case = world.open_case("A")
    assert case is not None
    assert (case.silence_means, case.answer_by) == ("wait", there(october(5)))

    after_the_first_limit = sweeps(frozen, begins(october(2)))
    sweeps(frozen, there(october(6)))

    assert (after_the_first_limit, ends_on(world), world.line("A").open_qty) == (0, october(20), 1)
    assert Choice.objects.get().is_silence

    assert sweeps(frozen, begins(october(20))) == 0
    assert sweeps(frozen, begins(october(21))) == 1
    assert ended(world) == ("law_limit", october(21), october(30), october(30))


def test_a_notice_after_the_limit_cures_nothing(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(30), "20 Oct", told_on=october(2))

    assert sweeps(frozen, there(october(2), 13)) == 1

    assert ended(world)[:2] == ("law_limit", october(2))
    assert world.told("A")[-1] == "cancelled"


def test_silence_to_a_long_first_notice_cancels_thirty_days_after_the_limit(
    world: World, frozen: clock.Journey
) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(25), "15 Nov")
    case = world.open_case("A")
    assert case is not None
    assert (case.silence_means, case.answer_by) == ("cancel", begins(nov(1)) - timedelta(minutes=1))

    assert sweeps(frozen, begins(october(31))) == 0
    assert sweeps(frozen, begins(nov(1))) == 1

    assert ended(world)[1:] == (nov(1), nov(10), nov(10))


@pytest.mark.parametrize(("to", "silence"), [("31 Oct", "wait"), ("1 Nov", "cancel")])
def test_thirty_days_after_the_limit_is_short_and_thirty_one_is_long(
    world: World, frozen: clock.Journey, to: str, silence: str
) -> None:
    ordered(world, sep(1))

    slips(world, frozen, sep(28), to)

    case = world.open_case("A")
    assert case is not None
    assert case.silence_means == silence


def test_a_bounced_notice_is_no_notice(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(28), "20 Oct")
    Message.objects.filter(kind="delay_notice").update(state=Message.State.BOUNCED)

    sweeps(frozen, there(sep(30)))
    pressed = Deadline.objects.get(kind="notice", closed_at=None)

    assert pressed.blocked_because == "notice_due"
    assert sweeps(frozen, begins(october(2))) == 1
    assert ended(world)[:2] == ("law_limit", october(2))


def test_agreeing_to_a_date_moves_the_limit_and_the_next_silence_cancels(
    world: World, frozen: clock.Journey
) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(28), "10 Oct")
    world.customer_chooses("A", "WAIT")
    assert ends_on(world) == october(10)

    slips(world, frozen, october(5), "20 Oct")  # Inside T + 30, and yet a renewed notice.

    case = world.open_case("A")
    assert case is not None
    assert (case.silence_means, case.answer_by) == ("cancel", begins(october(11)) - timedelta(minutes=1))
    assert sweeps(frozen, begins(october(10))) == 0
    assert sweeps(frozen, begins(october(11))) == 1
    assert ended(world)[1] == october(11)


def test_an_agreed_later_date_outlives_the_long_rule(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(25), "15 Nov")
    world.customer_chooses("A", "WAIT")

    assert sweeps(frozen, begins(nov(1))) == 0
    assert (ends_on(world), world.line("A").open_qty) == (nov(15), 1)


def test_a_cancel_before_the_scan_wins_and_its_refund_skips_columbus_day(
    world: World, frozen: clock.Journey
) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(28), "20 Oct")
    frozen.move_to(there(october(9)))

    world.customer_chooses("A", "CANCEL")

    assert ended(world) == ("customer_choice", october(9), october(21), october(20))


def test_an_answer_after_the_end_is_refused_with_the_reason(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(25), "15 Nov")
    case = DelayCase.objects.get()
    frozen.move_to(begins(nov(1)))

    with pytest.raises(DomainError) as refusal:
        world.customer_chooses("A", "WAIT")

    assert refusal.value.code == "ended_by_law"
    assert "31 October 2026" in refusal.value.message
    case.refresh_from_db()
    assert (case.closed_at, Choice.objects.count(), world.line("A").open_qty) == (None, 0, 1)


def test_what_has_left_is_out_of_reach_of_the_law(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    frozen.move_to(there(sep(30)))
    world.receives("PO-7", 1)
    world.settle()
    world.ships("A")

    assert sweeps(frozen, begins(october(2))) == 0

    assert not Deadline.objects.filter(closed_at=None).exists()
    assert not Cancellation.objects.exists()


def test_goods_with_the_warehouse_call_a_person_and_not_the_law(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    frozen.move_to(there(sep(30)))
    world.receives("PO-7", 1)
    world.settle()
    assert world.picks("A")

    assert sweeps(frozen, begins(october(2))) == 0

    due = Deadline.objects.get(kind="end", closed_at=None)
    assert (due.blocked_because, world.line("A").open_qty) == ("with_warehouse", 1)


def test_an_estimate_that_improves_needs_no_notice(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(25), "20 Oct")
    slips(world, frozen, sep(27), "10 Oct")

    assert world.told("A").count("delay_notice") == 1
    assert len(world.history("A")) >= 2
    assert sweeps(frozen, begins(october(2))) == 0


def test_a_shop_that_cancels_sooner_than_the_law_does(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="quick", silence_means="cancel", answer_days=3, refund_days=2)
    ordered(world, sep(1))
    slips(world, frozen, sep(25), "15 Nov")

    assert sweeps(frozen, there(sep(28)) + timedelta(minutes=1)) == 1

    assert ended(world)[1:] == (sep(28), sep(30), sep(30))


def test_no_tolerance_hides_a_delay_that_the_law_would_end(world: World, frozen: clock.Journey) -> None:
    world.rule.tolerance_days = 3
    world.rule.save()
    ordered(world, sep(1))

    slips(world, frozen, sep(25), "3 Oct")

    assert world.promised("A") == october(3)
    assert world.told("A").count("delay_notice") == 1


def test_time_going_on_never_brings_a_line_back(world: World, frozen: clock.Journey) -> None:
    ordered(world, sep(1))
    slips(world, frozen, sep(30), "20 Oct", told_on=october(2))
    sweeps(frozen, begins(october(3)))

    for days in (1, 5, 30, 300):
        assert sweeps(frozen, begins(october(3)) + timedelta(days=days)) == 0
        assert world.line("A").open_qty == 0
    assert Cancellation.objects.count() == 1


def test_an_unsent_refund_raises_the_alarm_once_and_sending_ends_it(
    world: World, frozen: clock.Journey
) -> None:
    from backorders import refunding

    ordered(world, sep(1))
    slips(world, frozen, sep(28), "20 Oct")
    frozen.move_to(there(october(9)))
    world.customer_chooses("A", "CANCEL")
    sweeps(frozen, begins(october(20)))
    alarm = Deadline.objects.get(kind="refund")
    assert (alarm.blocked_because, alarm.last_on) == ("refund_unsent", october(20))

    refunding.send_refund(refund_id=Refund.objects.get().pk)
    sweeps(frozen, there(october(20)))

    alarm.refresh_from_db()
    assert alarm.closed_because == "sent"


def test_nothing_is_asked_of_the_law_where_no_row_speaks(world: World, frozen: clock.Journey) -> None:
    frozen.move_to(there(sep(1)))
    world("po PO-7 CHAIR 10 expected 1 Oct")
    world.orders("A", ("CHAIR", 1), country="US", state_code="NY")

    assert not Deadline.objects.exists()
    assert choosing.sweep_deadlines() + deadlines.sweep() == 0
