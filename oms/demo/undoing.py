"""Credits and write-offs of a file: cancel what is open, send back what has left, count what is missing."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from inventory import counting
from inventory.models import Supply
from oms.demo.acting import act
from oms.demo.tally import Tally
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError
from oms.orders import lifecycle, returning
from oms.orders.models import Order, OrderLine

RETURN_DAYS = 3


@dataclass
class Bought:
    """Units of one accepted line that could still be cancelled or sent back."""

    line_id: int
    order_id: int
    line_no: int
    source: str
    left: int


@dataclass
class Ledger:
    """Who bought what, so that a credit finds the order it belongs to: the newest first."""

    actor: Actor
    bought: defaultdict[tuple[str, str], list[Bought]] = field(default_factory=lambda: defaultdict(list))
    returns: int = 0

    def note(self, order: Order, lines: Mapping[int, tuple[str, str, int]]) -> None:
        """Remember accepted lines: by line number the customer, the SKU and the units."""
        ids = dict(OrderLine.objects.filter(order=order).values_list("line_no", "pk"))
        for line_no, (customer, sku, qty) in lines.items():
            row = Bought(ids[line_no], order.pk, line_no, order.source, qty)
            self.bought[customer, sku].append(row)

    def undo(self, customer: str, sku: str, qty: int, tally: Tally) -> tuple[int, int]:
        """Take back so many units; gives how many were undone, and how many belong to no order here.

        What the warehouse has in hand can be neither cancelled nor sent back, and is counted as a failure.
        """
        undone = 0
        for bought in reversed(self.bought.get((customer, sku), [])):
            wanted = min(qty - undone, bought.left)
            if wanted:
                done = self._undo_one(bought, wanted, tally)
                bought.left -= done
                undone += done
        return undone, qty - undone

    def _undo_one(self, bought: Bought, wanted: int, tally: Tally) -> int:
        line = OrderLine.objects.only("open_qty", "shipped_qty").get(pk=bought.line_id)
        cancelled = self._cancel(bought, min(wanted, line.open_qty), tally)
        tally.cancelled_units += cancelled
        returned = self._send_back(bought, min(wanted - cancelled, line.shipped_qty), tally)
        tally.returned_units += returned
        return cancelled + returned

    def _cancel(self, bought: Bought, qty: int, tally: Tally) -> int:
        if not qty:
            return 0
        try:
            act(
                lifecycle.cancel_qty,
                line_id=bought.line_id,
                qty=qty,
                cause="customer_request",
                actor=self.actor,
            )
        except DomainError as error:
            tally.failures[f"cancel: {error.code}"] += 1
            return 0
        return qty

    def _send_back(self, bought: Bought, qty: int, tally: Tally) -> int:
        """The goods come back and are looked at on the spot, all good."""
        if not qty:
            return 0
        self.returns += 1
        try:
            back = act(
                returning.announce_return,
                external_id=f"RMA-{bought.order_id}-{bought.line_no}-{self.returns}",
                source=bought.source,
                order_id=bought.order_id,
                expected_on=(clock.now() + timedelta(days=RETURN_DAYS)).date(),
                lines=[(bought.line_no, qty)],
                actor=self.actor,
            )
            good = [(bought.line_no, qty, 0, None)]
            act(returning.inspect_return, return_id=back.pk, lines=good, actor=self.actor)
        except DomainError as error:
            tally.failures[f"return: {error.code}"] += 1
            return 0
        return qty


def count(*, sku_id: int, location_id: int, qty: int, external_id: str, source: str, actor: Actor) -> int:
    """Post a write-off (negative) or a find; a shelf is never counted below nothing. Gives the change."""
    on_shelf = Supply.objects.filter(sku_id=sku_id, location_id=location_id, kind=Supply.Kind.STOCK)
    delta = max(qty, -(on_shelf.values_list("quantity", flat=True).first() or 0))
    if delta:
        act(
            counting.count_stock,
            external_id=external_id,
            source=source,
            sku_id=sku_id,
            location_id=location_id,
            delta=delta,
            cause="count",
            actor=actor,
        )
    return delta
