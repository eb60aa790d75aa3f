"""The demo's bookkeeping sends money back after some days, and leaves the latest to a person."""

from datetime import timedelta

from oms.demo import refunds
from oms.kernel import clock
from oms.orders.models import Refund
from tests.world import World


def test_money_owed_is_sent_after_three_days(world: World, frozen: clock.Journey) -> None:
    world("po PO-7 CHAIR 20 expected 12 Mar\norder A CHAIR 2\norder B CHAIR 3")
    world.cancels("A")
    frozen.forward(timedelta(days=3))
    world.cancels("B")

    assert refunds.send_due() == 1
    assert refunds.send_due() == 0

    sent, kept = (Refund.objects.get(order=world.line(name).order) for name in ("A", "B"))
    assert (sent.state, kept.state) == ("sent", "requested")
