"""The demo shop and the replay, end to end: real lines through the real path, books clean."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from backorders import auditing
from backorders.models import Backorder, CartHold, DelayCase, ReplanRequest
from inventory.models import StockHold, Supply
from notifications.models import Message
from oms.kernel import clock
from oms.orders.models import Cancellation, Order, OrderLine, PickRequest, Refund, Return, Shipment
from purchasing.models import InboundShipment, PurchaseLine, PurchaseOrder, Receipt, Signal
from tests.demo.test_columns import HEAD
from tests.world import World

pytestmark = pytest.mark.slow


def replay(folder: Path, *rows: str, options: tuple[str, ...] = ()) -> str:
    """Replay these rows (invoice, kind, sku, qty, ts, customer) and give what was printed."""
    path = folder / "lines.csv"
    text = [HEAD]
    for number, row in enumerate(rows, start=1):
        invoice, kind, sku, qty, ts, customer = row.split()
        text.append(
            f"{number},{invoice},{kind},{sku},{qty},{ts},2.50,{customer.strip('-')},United Kingdom,\n"
        )
    path.write_text("".join(text))
    out = StringIO()
    call_command("replay", str(path), *options, stdout=out)
    return out.getvalue()


DAYS = (
    "A1 sale CHAIR 10 2010-01-04T09:00 7",
    "A1 sale TABLE 3 2010-01-04T09:00 7",
    "A2 sale CHAIR 30 2010-01-04T10:00 8",
    "CA cancel CHAIR -10 2010-01-04T15:00 7",
    "A3 sale CHAIR 40 2010-01-05T09:00 9",
    "X1 adjust TABLE -50 2010-01-05T10:00 -",
    "A4 sale CHAIR 5 2010-01-20T09:00 8",
    "CB cancel TABLE -1 2010-01-25T09:00 7",
    "P1 charge POST 1 2010-01-25T09:30 7",
    "A5 sale LAMP 74215 2010-02-10T10:00 7",
    "CC cancel LAMP -74215 2010-02-10T10:16 7",
)


@pytest.mark.django_db
def test_a_replay_goes_through_the_real_path_and_ends_clean(tmp_path: Path) -> None:
    printed = replay(tmp_path, *DAYS)

    assert auditing.books_balance() == []
    assert "Oversold units: 0" in printed
    assert "the books balance" in printed
    assert "Fill rate, units" in printed
    assert Order.objects.count() == 5
    assert list(OrderLine.objects.order_by("pk").values_list("sku__code", "ordered_qty")) == [
        ("CHAIR", 10), ("TABLE", 3), ("CHAIR", 30), ("CHAIR", 40), ("CHAIR", 5), ("LAMP", 74215),
    ]  # fmt: skip
    lamp = OrderLine.objects.get(sku__code="LAMP")
    assert (lamp.cancelled_qty, lamp.open_qty) == (74215, 0)
    assert not ReplanRequest.objects.exists()


def run_facts(folder: Path, seed: int) -> list[object]:
    """What one run did, by codes; the run itself is undone."""
    before = transaction.savepoint()
    replay(folder, *DAYS, options=(f"--seed={seed}",))
    orders = OrderLine.objects.order_by("pk").values_list("sku__code", "shipped_qty", "cancelled_qty")
    bought = PurchaseLine.objects.order_by("pk").values_list("sku__code", "ordered_qty", "expected_on")
    facts: list[object] = [*orders, *bought]
    transaction.savepoint_rollback(before)
    return facts


@pytest.mark.django_db
def test_chance_repeats_with_its_seed(tmp_path: Path, frozen: clock.Journey) -> None:
    first = run_facts(tmp_path, seed=5)

    assert run_facts(tmp_path, seed=5) == first
    assert run_facts(tmp_path, seed=6) != first


@pytest.mark.django_db
def test_bad_rows_are_named_and_stop_nothing(tmp_path: Path) -> None:
    printed = replay(
        tmp_path,
        "A1 sale CHAIR 10 2010-01-04T09:00 7",
        "A2 sale CHAIR 1.5 2010-01-04T09:00 7",
        "A3 gift CHAIR 1 2010-01-04T09:00 7",
        "A4 sale CHAIR 2 2010-01-04T09:00 7",
    )

    assert "lines.csv:3: qty is '1.5', not a whole number" in printed
    assert "lines.csv:4: kind is 'gift'" in printed
    assert Order.objects.count() == 2


@pytest.mark.django_db
def test_times_are_moved_by_whole_weeks_to_end_before_today(tmp_path: Path, frozen: clock.Journey) -> None:
    replay(tmp_path, "A1 sale CHAIR 10 2010-01-04T09:00 7", "A2 sale CHAIR 10 2010-01-06T09:00 7")

    # 2 March 2026 is a Monday: the last line's Wednesday is the one before.
    assert [order.placed_at.date() for order in Order.objects.order_by("pk")] == [
        date(2026, 2, 23),
        date(2026, 2, 25),
    ]


@pytest.mark.django_db
def test_a_limit_stops_after_so_many_rows(tmp_path: Path) -> None:
    replay(tmp_path, *DAYS, options=("--limit=1",))

    assert OrderLine.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", HEAD])
def test_a_file_without_order_lines_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)

    with pytest.raises(CommandError):
        call_command("replay", str(path), stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("replay", str(tmp_path / "missing.csv"), stdout=StringIO())

    assert Order.objects.count() == 0


def load() -> str:
    """Load the small demo shop; gives what was printed."""
    out = StringIO()
    call_command("load_demo", "--small", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_demo_fills_every_queue_once_and_its_books_balance() -> None:
    printed = load()

    assert auditing.books_balance() == []
    assert "the books balance" in printed
    assert "scene" not in printed
    now = clock.now()
    assert all(order.accepted_at <= now for order in Order.objects.all())
    for filled in (
        Order.objects.filter(state="held"),
        Backorder.objects.filter(closed_at=None),
        DelayCase.objects.filter(closed_at=None, answer_by__gt=now),
        CartHold.objects.filter(ended_at=None, expires_at__gt=now),
        StockHold.objects.filter(cleared_at=None),
        StockHold.objects.exclude(cleared_at=None),
        Cancellation.objects.filter(cause="unpaid"),
        Refund.objects.filter(state="requested"),
        Return.objects.filter(state="expected"),
        Shipment.objects.all(),
        PickRequest.objects.filter(state="acked"),
        PurchaseOrder.objects.filter(state="draft"),
        PurchaseOrder.objects.filter(state="closed"),
        PurchaseOrder.objects.filter(lines__expected_on__lt=now.date(), state="sent"),
        InboundShipment.objects.filter(state="open"),
        Receipt.objects.filter(source="demo"),
        Signal.objects.filter(state="open", kind="order"),
        Signal.objects.filter(state="accepted"),
        Message.objects.filter(state="sent", kind="delay_notice"),
        Message.objects.filter(state="failed"),
    ):
        assert filled.exists(), str(filled.query)
    assert not ReplanRequest.objects.exists()
    counted = [model.objects.count() for model in (Order, PurchaseOrder, Supply, Message, Backorder)]

    assert "loaded already" in load()

    assert [model.objects.count() for model in (Order, PurchaseOrder, Supply, Message, Backorder)] == counted


def test_the_demo_is_not_loaded_beside_other_orders(world: World) -> None:
    world("stock CHAIR 5")
    world.orders("SO-1", ("CHAIR", 1))

    with pytest.raises(CommandError, match="--force"):
        call_command("load_demo", "--small", stdout=StringIO())

    assert Order.objects.count() == 1


def test_a_load_that_was_broken_off_is_not_continued(world: World) -> None:
    world("stock CHAIR 5")
    Order.objects.filter(pk=world.orders("SO-1", ("CHAIR", 1)).pk).update(source="demo")

    with pytest.raises(CommandError, match="broken off"):
        call_command("load_demo", "--small", "--force", stdout=StringIO())

    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_the_books_together(tmp_path: Path) -> None:
    rows = [
        f"A{n} sale {sku} {n % 7 + 1} 2010-01-04T09:{n:02d} {n}"
        for n in range(24)
        for sku in ("CHAIR", "TABLE")
    ]

    printed = replay(tmp_path, *rows, "C1 cancel CHAIR -3 2010-01-04T10:30 5", options=("--workers=2",))

    assert "Oversold units: 0" in printed
    assert auditing.books_balance() == []
    assert Order.objects.count() == 24
    assert Cancellation.objects.get().qty == 3
