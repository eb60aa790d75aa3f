"""Records purged when their time is over; customers made anonymous while the evidence stays."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from backorders import recording, retaining, shipped_law
from backorders.models import Choice, DelayCase, MakeGood, Promise
from notifications.models import Message
from oms.kernel import clock
from oms.orders.models import Cancellation, Customer
from tests.factories import MakeGoodFactory
from tests.world import World


def _told_and_cancelled(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order ADA  CHAIR 3
    """)
    world.slips("PO-7", to="30 Mar")
    world.settle()
    world.customer_chooses("ADA", "CANCEL")
    world.settle()


def test_a_customer_is_erased_and_the_evidence_stays(world: World) -> None:
    from backorders import refunding
    from oms.orders.models import Refund

    _told_and_cancelled(world)
    line = world.line("ADA")
    before = [entry.what for entry in recording.record_of(line.pk)]
    with pytest.raises(CommandError):
        call_command("erase_customer", "WEB", "c-ADA", stdout=StringIO())
    assert Customer.objects.get().email == "ada@example.org"
    refunding.send_refund(refund_id=Refund.objects.get().pk)
    world.settle()
    told = StringIO()

    call_command("erase_customer", "WEB", "c-ADA", stdout=told)

    customer = Customer.objects.get()
    assert (customer.email, customer.name) == ("", f"erased-{customer.pk}")
    assert "messages made anonymous" in told.getvalue()
    record = recording.record_of(line.pk)
    assert set(before) <= {entry.what for entry in record}
    assert "ada@example.org" not in str(record)
    assert "ADA" not in " ".join(Message.objects.values_list("text", flat=True))
    assert set(Message.objects.values_list("recipient", flat=True)) == {"[erased]"}
    assert Choice.objects.get().choice == "cancel"


def test_an_unknown_customer_is_refused(world: World) -> None:
    with pytest.raises(CommandError, match="no such customer"):
        call_command("erase_customer", "WEB", "nobody", stdout=StringIO())


def test_a_record_is_purged_after_its_years_and_not_before(world: World, frozen: clock.Journey) -> None:
    from backorders import refunding
    from oms.orders.models import Refund

    shipped_law.add_missing()
    _told_and_cancelled(world)
    refunding.send_refund(refund_id=Refund.objects.get().pk)
    world.settle()
    frozen.forward(timedelta(days=6 * 365))
    early = retaining.purge_old()
    kept = Promise.objects.count()

    frozen.forward(timedelta(days=3))
    told = StringIO()
    call_command("purge_records", stdout=told)

    assert (early, kept) == (0, 2)
    assert told.getvalue().strip() == "1 records purged"
    assert not (Promise.objects.exists() or DelayCase.objects.exists() or Message.objects.exists())
    assert Cancellation.objects.count() == 1
    assert retaining.purge_old() == 0


def test_what_is_open_is_never_purged(world: World, frozen: clock.Journey) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order ADA  CHAIR 3
    """)
    frozen.forward(timedelta(days=9000))

    assert retaining.purge_old() == 0
    assert Promise.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [{"text": "We never wrote this."}, {"subject": "x"}, {"html": ""}, {"recipient": "b@example.org"}],
)
def test_what_was_sent_cannot_be_rewritten(world: World, change: dict[str, str]) -> None:
    _told_and_cancelled(world)
    before = list(Message.objects.order_by("pk").values())

    for wish in (lambda: Message.objects.update(**change), Message.objects.all().delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            wish()

    assert list(Message.objects.order_by("pk").values()) == before
    assert {row["state"] for row in before} == {"sent"}
    # A mail that was taken may still bounce.
    assert Message.objects.filter(kind="delay_notice").update(state="bounced") == 1


def test_what_was_given_cannot_be_rewritten(db: None) -> None:
    given = MakeGoodFactory.create()

    for change in (lambda: MakeGood.objects.update(cost=1), given.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert MakeGood.objects.get().cost == 5
