"""Signals: raised once a week, refreshed, accepted into draft orders by supplier, or dismissed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from inventory.models import Supply
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import DomainError, NotFound
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from purchasing import ordering, signalling
from purchasing.models import PurchaseOrder, Signal
from tests.factories import (
    LocationFactory,
    SignalFactory,
    SkuFactory,
    SupplierFactory,
    SupplierSkuFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
ANNA = user("anna")


def raise_it(source: Any, qty: int = 24, **what: Any) -> Signal:
    advice = {
        "kind": "order",
        "uncovered_qty": 20,
        "needed_on": date(2026, 4, 6),
        "value": Decimal("480.00"),
        "basis": {"open_demand": 20},
        **what,
    }
    return signalling.raise_signal(sku_id=source.sku_id, supplier_id=source.supplier_id, qty=qty, **advice)


def told() -> list[str]:
    return list(EventLog.objects.order_by("pk").values_list("name", flat=True))


def test_advice_is_raised_with_its_figures(frozen: clock.Journey) -> None:
    source = SupplierSkuFactory.create()
    frozen.forward(timedelta(days=3))

    signal = raise_it(source)

    assert (signal.state, signal.week_on, signal.raised_at) == ("open", date(2026, 3, 2), frozen.at)
    assert (signal.qty, signal.uncovered_qty, signal.basis) == (24, 20, {"open_demand": 20})
    event = EventLog.objects.get()
    assert (event.name, event.subject) == ("SignalRaised", source.sku.code)


def test_the_same_advice_refreshes_the_open_signal() -> None:
    source = SupplierSkuFactory.create()
    first = raise_it(source)

    again = raise_it(source, qty=36, value=Decimal("720.00"))

    assert (again, again.qty, again.value) == (first, 36, Decimal("720.00"))
    assert told() == ["SignalRaised"]


def test_another_kind_or_week_is_another_signal(frozen: clock.Journey) -> None:
    source = SupplierSkuFactory.create()

    raise_it(source)
    raise_it(source, kind="expedite")
    frozen.forward(timedelta(days=7))
    raise_it(source)

    found = Signal.objects.order_by("pk").values_list("kind", "week_on")
    assert list(found) == [
        ("order", date(2026, 3, 2)),
        ("expedite", date(2026, 3, 2)),
        ("order", date(2026, 3, 9)),
    ]


def test_dismissed_advice_is_not_raised_again_this_week(frozen: clock.Journey) -> None:
    source = SupplierSkuFactory.create()
    signal = signalling.dismiss_signal(signal_id=raise_it(source).pk, note="enough in stock", actor=ANNA)

    assert raise_it(source) == signal
    assert (signal.state, signal.note, signal.closed_by) == ("dismissed", "enough in stock", "user:anna")
    assert Signal.objects.count() == 1

    frozen.forward(timedelta(days=7))
    assert raise_it(source) != signal


def test_more_than_was_dismissed_is_raised() -> None:
    source = SupplierSkuFactory.create()
    signalling.dismiss_signal(signal_id=raise_it(source).pk, note="", actor=ANNA)

    assert raise_it(source, qty=25).state == "open"


def test_what_is_drafted_is_not_raised_until_it_is_sent() -> None:
    LocationFactory.create()
    source = SupplierSkuFactory.create()
    signal = raise_it(source)
    (draft,) = signalling.accept_signals(signal_ids=[signal.pk], actor=ANNA)

    assert raise_it(source) == signal

    ordering.send(purchase_order_id=draft.pk, actor=ANNA)
    assert raise_it(source, qty=6).state == "open"


def test_accepted_advice_becomes_a_draft_order_per_supplier(frozen: clock.Journey) -> None:
    location = LocationFactory.create()
    acme = SupplierFactory.create()
    chair, desk = (SupplierSkuFactory.create(supplier=acme, lead_time_days=days) for days in (10, 30))
    other = SupplierSkuFactory.create()
    signals = [raise_it(source, qty) for source, qty in ((chair, 24), (other, 5), (desk, 12))]

    drafts = signalling.accept_signals(signal_ids=[signal.pk for signal in signals], actor=ANNA)

    assert [(draft.supplier, draft.state, draft.location) for draft in drafts] == [
        (acme, "draft", location),
        (other.supplier, "draft", location),
    ]
    lines = drafts[0].lines.values_list("line_no", "sku", "ordered_qty", "expected_on")
    assert list(lines) == [
        (1, chair.sku_id, 24, date(2026, 3, 13)),
        (2, desk.sku_id, 12, date(2026, 4, 2)),
    ]
    assert Supply.objects.count() == 0
    signals[0].refresh_from_db()
    assert (signals[0].state, signals[0].closed_at, signals[0].closed_by) == (
        "accepted",
        frozen.at,
        "user:anna",
    )
    assert signals[0].purchase_line == drafts[0].lines.get(line_no=1)


def test_a_draft_goes_where_the_planner_says() -> None:
    LocationFactory.create(priority=1)
    wanted = LocationFactory.create(priority=9)
    signal = SignalFactory.create(basis={"location_id": wanted.pk})

    (draft,) = signalling.accept_signals(signal_ids=[signal.pk], actor=ANNA)

    assert draft.location == wanted


def test_advice_to_defer_is_just_accepted() -> None:
    signal = SignalFactory.create(kind="defer")

    assert signalling.accept_signals(signal_ids=[signal.pk], actor=ANNA) == []
    assert Signal.objects.get().state == "accepted"


def test_without_a_supplier_none_is_taken() -> None:
    LocationFactory.create()
    good, bad = SignalFactory.create(), SignalFactory.create(supplier=None)

    with pytest.raises(DomainError) as refused, transaction.atomic():
        signalling.accept_signals(signal_ids=[good.pk, bad.pk], actor=ANNA)

    assert (refused.value.code, refused.value.field) == ("no_supplier", "supplier")
    assert set(Signal.objects.values_list("state", flat=True)) == {"open"}
    assert PurchaseOrder.objects.count() == 0


@pytest.mark.parametrize("state", ["accepted", "dismissed"])
def test_an_answered_signal_is_not_answered_again(state: str) -> None:
    signal = SignalFactory.create(state=state)

    with pytest.raises(WrongState):
        signalling.accept_signals(signal_ids=[signal.pk], actor=ANNA)
    with pytest.raises(WrongState):
        signalling.dismiss_signal(signal_id=signal.pk, note="", actor=ANNA)

    assert Signal.objects.get().state == state


def test_an_unknown_signal_is_not_found() -> None:
    signal = SignalFactory.create()

    with pytest.raises(NotFound):
        signalling.accept_signals(signal_ids=[signal.pk, 404], actor=ANNA)

    assert Signal.objects.get().state == "open"


def test_a_signal_needs_somewhere_to_deliver_to() -> None:
    signal = SignalFactory.create(sku=SkuFactory.create())

    with pytest.raises(NotFound), transaction.atomic():
        signalling.accept_signals(signal_ids=[signal.pk], actor=ANNA)

    assert (Signal.objects.get().state, PurchaseOrder.objects.count()) == ("open", 0)
