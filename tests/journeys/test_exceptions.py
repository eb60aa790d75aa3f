"""Fees, lines kept, periods set, make-goods within their budget, units the warehouse could not ship."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backorders import cancelling, exceptions, making_good, releasing, shorting
from backorders.models import CancellationPolicy, Deadline, MakeGood, MakeGoodBudget
from oms.kernel import clock
from oms.kernel.errors import DomainError
from oms.orders import shipping
from oms.orders.models import Cancellation, PickLine, Refund
from tests.journeys.law import ordered, sweeps, there
from tests.world import ANNA, World

BANDS = [
    {"days_late": 7, "kind": "free_shipping", "cost": "3.00", "least_value": "0"},
    {"days_late": 14, "kind": "credit", "cost": "5.00", "least_value": "0"},
    {"days_late": 14, "kind": "discount", "cost": "12.00", "least_value": "100"},
]


def _late(world: World, days: int, **policy: Any) -> CancellationPolicy:
    row = CancellationPolicy.objects.create(name="kind", make_goods=BANDS, **policy)
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
    """)
    world.slips("PO-7", to=f"{12 + days} Mar")
    world.settle()
    return row


@pytest.mark.parametrize(
    ("days", "kind"), [(6, None), (7, "free_shipping"), (13, "free_shipping"), (14, "credit")]
)
def test_the_highest_band_in_reach_is_offered(world: World, days: int, kind: str | None) -> None:
    _late(world, days)

    offered = making_good.offer_of(world.line("A"))

    assert offered.days_late == days
    assert (offered.band.kind if offered.band else None) == kind


def test_a_budget_pays_until_it_is_spent(world: World) -> None:
    policy = _late(world, 14, make_good_budget=Decimal("9.00"))
    world("order B CHAIR 2")

    given = making_good.grant(line_id=world.line("A").pk, note="sorry", actor=ANNA)
    with pytest.raises(DomainError) as twice:
        making_good.grant(line_id=world.line("A").pk, actor=ANNA)
    other = making_good.grant(line_id=world.line("A").pk, kind="free_shipping", actor=ANNA)

    assert (given.kind, given.cost, given.days_late, given.by) == ("credit", Decimal("5.00"), 14, "user:anna")
    assert (twice.value.code, other.cost) == ("conflict", Decimal("3.00"))
    assert MakeGoodBudget.objects.get(policy=policy).spent == Decimal("8.00")
    assert making_good.offer_of(world.line("A")).band is None  # One is left, and nothing costs that little.


def test_beyond_the_budget_nothing_is_given(world: World) -> None:
    _late(world, 14, make_good_budget=Decimal("4.00"))

    with pytest.raises(DomainError) as refusal:
        making_good.grant(line_id=world.line("A").pk, kind="credit", actor=ANNA)

    assert (refusal.value.code, refusal.value.field) == ("budget_spent", "kind")
    assert not MakeGood.objects.exists()
    assert sum(row.spent for row in MakeGoodBudget.objects.all()) == 0


def test_what_is_not_offered_is_not_given(world: World) -> None:
    _late(world, 7)

    for kind, code in (("credit", "nothing_to_make_good"), ("cake", "invalid")):
        with pytest.raises(DomainError) as refusal:
            making_good.grant(line_id=world.line("A").pk, kind=kind, actor=ANNA)
        assert refusal.value.code == code
    assert not MakeGood.objects.exists()


def test_a_kept_line_outlives_its_policy(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="ten days", auto_cancel_days_late=10, asks_first=False)
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
        order B    CHAIR 3
    """)
    exceptions.never_cancel(line_id=world.line("A").pk, note="A wedding", actor=ANNA)
    frozen.forward(timedelta(days=30))

    assert cancelling.cancel_too_late() == 1

    assert (world.line("A").open_qty, world.line("B").open_qty) == (3, 0)
    exceptions.end_never_cancel(line_id=world.line("A").pk, actor=ANNA)
    assert cancelling.cancel_too_late() == 1


def test_keeping_a_line_needs_a_why_and_is_done_once(world: World) -> None:
    world("""
        stock CHAIR 5
        order A CHAIR 3
    """)
    line_id = world.line("A").pk

    with pytest.raises(DomainError) as without:
        exceptions.never_cancel(line_id=line_id, note=" ", actor=ANNA)
    exceptions.never_cancel(line_id=line_id, note="A wedding", actor=ANNA)
    with pytest.raises(DomainError) as again:
        exceptions.never_cancel(line_id=line_id, note="A wedding", actor=ANNA)

    assert (without.value.field, again.value.code) == ("note", "conflict")


def test_a_customer_s_wish_costs_the_fee_and_ours_does_not(world: World) -> None:
    CancellationPolicy.objects.create(name="fee", fee=Decimal("4.00"))
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 1))
    world.orders("B", ("CHAIR", 1))

    world.cancels("A", cause="customer_request")
    world.cancels("B", cause="discontinued")

    rows = Refund.objects.order_by("pk").values_list("amount", "fee")
    assert list(rows) == [(Decimal("16.00"), Decimal("4.00")), (Decimal("20.00"), Decimal("0.00"))]


def test_no_fee_where_the_law_forbids_it(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="fee", fee=Decimal("4.00"))
    ordered(world, date(2026, 9, 1), country="DE", state_code="")

    world.cancels("A", cause="customer_request")

    assert (Refund.objects.get().amount, Refund.objects.get().fee) == (Decimal("20.00"), Decimal(0))


def test_a_period_missed_again_ends_the_contract(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="never", self_cancel_until="never")
    world.rule.mode = "made_to_order"
    world.rule.save()
    paris = "Europe/Paris"
    ordered(world, date(2026, 9, 1), country="FR", state_code="")
    line = world.line("A")
    with pytest.raises(DomainError) as early:
        exceptions.set_extra_period(line_id=line.pk, until=date(2026, 10, 20), actor=ANNA)
    last = Deadline.objects.get(kind="missed").last_on
    frozen.move_to(there(last + timedelta(days=1), 12, paris))
    until = last + timedelta(days=10)

    exceptions.set_extra_period(line_id=line.pk, until=until, actor=ANNA)
    with pytest.raises(DomainError) as second:
        exceptions.set_extra_period(line_id=line.pk, until=until, actor=ANNA)
    frozen.move_to(there(until, 12, paris))
    on_its_last_day = cancelling.may_cancel(line)
    sweeps(frozen, there(until + timedelta(days=1), 1, paris))
    after_it = cancelling.may_cancel(line)

    assert (early.value.code, second.value.code) == ("not_missed", "period_already_set")
    assert (on_its_last_day.ok, after_it.why) == (False, "allowed_by_law")
    assert Deadline.objects.get(kind="period").closed_because == "missed_again"


@pytest.mark.parametrize(
    ("policy", "disposition", "open_qty"),
    [
        ("backorder", "policy", 2),
        ("cancel", "policy", 0),
        ("backorder", "cancel", 0),
        ("cancel", "backorder", 2),
    ],
)
def test_what_could_not_ship_waits_again_or_is_cancelled(
    world: World, policy: str, disposition: str, open_qty: int
) -> None:
    CancellationPolicy.objects.create(name="short", short_ship=policy)
    world("""
        stock CHAIR 5
        order A CHAIR 5
    """)
    releasing.release_ready(sku_ids=[world.sku("CHAIR").pk])
    [pick] = world.picks("A")
    shipping.confirm_shipment(
        external_id="s-1",
        source="test",
        pick_id=pick.pk,
        scanned_at=clock.now(),
        lines=[(PickLine.objects.get(pick=pick).pk, 3)],
        actor=ANNA,
    )

    cancelled = shorting.settle_short(pick_id=pick.pk, disposition=disposition, actor=ANNA)
    again = shorting.settle_short(pick_id=pick.pk, disposition=disposition, actor=ANNA)

    assert (world.line("A").open_qty, world.line("A").shipped_qty) == (open_qty, 3)
    assert [row.qty for row in cancelled] == ([] if open_qty else [2])
    assert again == []
    if not open_qty:
        assert Cancellation.objects.get().cause == "short_shipped"
        assert Refund.objects.get().amount == Decimal("40.00")
        assert world.told("A")[-1] == "cancelled"
