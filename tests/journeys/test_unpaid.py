"""Orders whose payments all ended untaken are kept for as long as their policy says."""

from datetime import timedelta

from backorders import cancelling, exceptions
from backorders.models import CancellationPolicy
from oms.kernel import clock
from oms.orders.models import Cancellation
from tests.factories import PaymentFactory
from tests.world import ANNA, World


def test_an_unpaid_order_ends_with_its_expiry(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="two days", unpaid_expiry_hours=48)
    world("po PO-7 CHAIR 10 expected 12 Mar")
    for name in ("UNPAID", "PAID", "ELSEWHERE", "KEPT"):
        world.orders(name, ("CHAIR", 1))
    for name, state in (("UNPAID", "voided"), ("PAID", "open"), ("KEPT", "expired")):
        PaymentFactory.create(order=world.line(name).order, state=state)
    exceptions.never_cancel(line_id=world.line("KEPT").pk, note="A friend", actor=ANNA)

    frozen.forward(timedelta(hours=48) - timedelta(seconds=1))
    before = cancelling.cancel_unpaid()
    frozen.forward(timedelta(seconds=1))
    after = cancelling.cancel_unpaid()

    assert (before, after) == (0, 1)
    ended = Cancellation.objects.get()
    assert (ended.line, ended.cause) == (world.line("UNPAID"), "unpaid")
    assert cancelling.cancel_unpaid() == 0


def test_without_an_expiry_an_unpaid_order_stays(world: World, frozen: clock.Journey) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 1))
    PaymentFactory.create(order=world.line("A").order, state="voided")
    frozen.forward(timedelta(days=900))

    assert cancelling.cancel_unpaid() == 0
    assert world.line("A").open_qty == 1
