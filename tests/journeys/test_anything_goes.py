"""Whatever happens, in whatever order, the books balance, and a second plan changes nothing."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backorders import replanning
from backorders.models import Peg, Promise
from oms.kernel import clock
from oms.kernel.errors import DomainError
from oms.orders import shipping
from oms.orders.models import OrderLine, PickRequest
from purchasing.models import PurchaseLine
from tests.conftest import FROZEN_AT
from tests.world import ANNA, World

SKUS = ("CHAIR", "TABLE", "LAMP")


class Chance:
    """Does one thing after another, as its seed decides; what a rule refuses changes nothing."""

    def __init__(self, seed: int) -> None:
        self.world = World()
        self.pick = random.Random(seed)
        self.count = 0
        self.refused: list[str] = []

    def go(self, steps: int) -> None:
        """Take so many steps."""
        deeds: list[Callable[[], Any]] = [
            self.buy, self.buy, self.order, self.order, self.order, self.slip, self.cut, self.receive,
            self.cancel, self.lose, self.ship, self.give_back, self.world.plans,
        ]  # fmt: skip
        for _ in range(steps):
            deed = self.pick.choice(deeds)
            try:
                with transaction.atomic():
                    deed()
            except DomainError as refusal:
                self.refused.append(refusal.code)

    def buy(self) -> None:
        self.count += 1
        self.world(
            f"po PO-{self.count} {self.pick.choice(SKUS)} {self.pick.randint(1, 20)} expected {self.day()}"
        )

    def order(self) -> None:
        self.count += 1
        lines = [(self.pick.choice(SKUS), self.pick.randint(1, 9)) for _ in range(self.pick.randint(1, 3))]
        policy = self.pick.choice(["available", "complete"])
        self.world.orders(f"O-{self.count}", *lines, ship_policy=policy)

    def slip(self) -> None:
        if line := self.some(PurchaseLine):
            self.world.slips(line.purchase_order.number, to=self.day())

    def cut(self) -> None:
        if line := self.some(PurchaseLine):
            self.world.cuts(line.purchase_order.number, to=self.pick.randint(1, 20))

    def receive(self) -> None:
        if line := self.some(PurchaseLine):
            self.count += 1
            qty = self.pick.randint(1, 12)
            self.world.receives(
                line.purchase_order.number, qty, external_id=str(self.count), held_qty=qty // 4
            )

    def cancel(self) -> None:
        if line := self.some(OrderLine):
            self.world.numbers["this"] = line.order.number
            self.world.cancels("this", self.pick.randint(1, 4), line=line.line_no, cause="fraud")

    def lose(self) -> None:
        self.world.counts(self.pick.choice(SKUS), self.pick.randint(-6, 6))

    def ship(self) -> None:
        if pick := self.some(PickRequest):
            self.world.numbers["this"] = pick.order.number
            self.world.ships("this")

    def give_back(self) -> None:
        if pick := self.some(PickRequest):
            shipping.give_back_pick(pick_id=pick.pk, cause="other", actor=ANNA)

    def some(self, model: Any) -> Any:
        rows = list(model.objects.order_by("pk"))
        return self.pick.choice(rows) if rows else None

    def day(self) -> str:
        return f"{self.pick.randint(3, 30)} {self.pick.choice(['Mar', 'Apr'])}"


@pytest.mark.slow
@given(seed=st.integers(0, 10**6))
@settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_books_balance_whatever_happens(db: None, seed: int) -> None:
    with clock.travel(FROZEN_AT), transaction.atomic():
        chance = Chance(seed)
        chance.go(40)
        balanced = chance.world.books_balance()
        # An order is accepted without a re-plan, so all SKUs are planned once before it may change nothing.
        plan = _plan_all(chance)
        again = _plan_all(chance)
        transaction.set_rollback(True)

    assert balanced
    assert again == plan


def _plan_all(chance: Chance) -> list[Any]:
    for sku in SKUS:
        replanning.mark(sku_ids=[chance.world.sku(sku).pk], cause="replan")
    chance.world.plans()
    return _plan()


def _plan() -> list[Any]:
    """Who claims what, and what is promised."""
    pegs = Peg.objects.order_by("demand", "supply").values_list("demand", "supply", "qty")
    return [*pegs, *Promise.objects.order_by("pk").values_list("pk", "ships_latest", "superseded_at")]
