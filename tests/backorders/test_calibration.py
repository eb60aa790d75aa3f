"""Of the promises made at a level, the share kept: by month and supplier, and on its page in the admin."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.contrib.auth.models import User
from django.test import Client

from backorders.insight.calibration import NOT_BOUGHT, Calibration, KeptShare, calibration
from oms.kernel import clock
from purchasing import containers
from purchasing.models import Supplier, SupplierSku
from tests.queries import queries_of
from tests.world import ANNA, World, at, day

P90 = Decimal("0.900")
PAGE = "/admin/backorders/promise/calibration/"


def tell(world: World, frozen: clock.Journey) -> None:
    """A is kept in March, B broken, C given up before, D not due in time; E waits in April, F has stock."""
    world("""
        stock LAMP 5
        po PO-1 CHAIR 9 expected 10 Mar
        po PO-2 CHAIR 9 expected 20 Mar
    """)
    world.orders("A", ("CHAIR", 9))
    world.orders("B", ("CHAIR", 5))
    world.orders("C", ("CHAIR", 2))
    world.orders("F", ("LAMP", 1))
    world.rule.oversell_qty = 5
    world.rule.save()
    world.orders("E", ("TABLE", 1))
    frozen.move_to(at("9 Mar"))
    world.cancels("C", cause="customer_choice")
    world.receives("PO-1", 9)
    sent(world, frozen, "A")
    frozen.move_to(at("22 Mar"))
    world.receives("PO-2", 9)
    sent(world, frozen, "B")
    world("po PO-3 CHAIR 5 expected 12 Apr")
    world.orders("D", ("CHAIR", 9))


def sent(world: World, frozen: clock.Journey, name: str) -> None:
    world.settle()
    frozen.forward(timedelta(hours=1))
    world.releases()
    world.ships(name)


def read(start: str = "1 Mar", end: str = "11 Apr") -> Calibration:
    return calibration(start=day(start), end=day(end), zone="UTC")


def share(group: str, due: int, kept: int, level: Decimal = P90) -> tuple[str, Decimal, int, int]:
    return group, level, due, kept


def counted(shares: Sequence[KeptShare]) -> list[tuple[str, Decimal, int, int]]:
    return [(share.group, share.level, share.due, share.kept) for share in shares]


def test_kept_promises_are_counted_by_month_supplier_and_level(world: World, frozen: clock.Journey) -> None:
    tell(world, frozen)

    found = read()

    # E was promised on units that nobody had bought yet.
    assert counted(found.total) == [share("all", due=3, kept=1)]
    assert counted(found.by_month) == [share("2026-03", due=2, kept=1), share("2026-04", due=1, kept=0)]
    assert counted(found.by_supplier) == [share("ACME", due=2, kept=1), share(NOT_BOUGHT, due=1, kept=0)]
    assert found.total[0].off_points == Fraction(1, 3) * 100 - 90


def test_the_mean_buffer_and_the_loss_stand_beside_the_share(world: World, frozen: clock.Journey) -> None:
    world.rule.least_buffer_days = 4
    world.rule.save()
    world("""
        po PO-1 CHAIR 4 expected 10 Mar
        po PO-2 CHAIR 4 expected 16 Mar
    """)
    world.orders("A", ("CHAIR", 4))
    world.orders("B", ("CHAIR", 4))
    frozen.move_to(at("12 Mar"))
    world.receives("PO-1", 4)
    sent(world, frozen, "A")

    (told,) = calibration(start=day("1 Mar"), end=day("21 Mar"), zone="UTC", as_of=day("25 Mar")).total

    # A was due on the 14th and shipped on the 12th: 2 x 0.1; B is due since the 20th: 5 x 0.9.
    assert (told.due, told.kept, told.buffer_days) == (2, 1, 4.0)
    assert told.pinball == pytest.approx((0.2 + 4.5) / 2)


def test_only_what_fell_due_in_the_window_counts(world: World, frozen: clock.Journey) -> None:
    tell(world, frozen)

    assert counted(read(end="20 Mar").total) == [share("all", due=1, kept=1)]
    assert counted(read(start="11 Mar", end="21 Mar").total) == [share("all", due=1, kept=0)]
    assert counted(read(start="1 May", end="1 Jun").total) == []


def test_of_several_supplies_the_last_one_names_the_supplier(world: World, frozen: clock.Journey) -> None:
    world("po PO-1 CHAIR 2 expected 10 Mar")
    world.supplier = Supplier.objects.create(code="SLOW")
    SupplierSku.objects.create(supplier=world.supplier, sku=world.sku("CHAIR"), lead_time_days=9)
    world("po PO-2 CHAIR 2 expected 12 Mar")
    world.orders("A", ("CHAIR", 4))
    frozen.move_to(at("20 Mar"))

    assert counted(read().by_supplier) == [share("SLOW", due=1, kept=0)]


def test_goods_of_a_container_count_for_their_supplier(world: World, frozen: clock.Journey) -> None:
    world("po PO-1 CHAIR 4 expected 10 Mar")
    containers.open_container(
        number="C-1", expected_on=day("12 Mar"), lines=[(world.po_line("PO-1").pk, 4)], actor=ANNA
    )
    world.orders("A", ("CHAIR", 4))

    assert counted(read().by_supplier) == [share("ACME", due=1, kept=0)]


def test_the_page_shows_shares_and_gaps_to_those_who_may_look(world: World, frozen: clock.Journey) -> None:
    tell(world, frozen)
    frozen.move_to(at("11 Apr"))
    client = Client()
    client.force_login(User.objects.create_superuser("anna"))

    answer = client.get(PAGE)

    text = answer.content.decode()
    tables = {title: rows for title, _, rows in answer.context["tables"]}
    assert answer.status_code == 200
    assert [(row["group"], row["level"], row["kept"], row["off"]) for row in tables["By month"]] == [
        ("2026-03", "P90", "50.0%", "-40.0"),
        ("2026-04", "P90", "0.0%", "-90.0"),
    ]
    assert [words for _, words in answer.context["chart"]["months"]] == ["Mar 2026", "Apr 2026"]
    assert "P90: 50% kept" in text
    assert f'href="{PAGE}"' in text


def test_without_a_promise_due_the_page_says_so(world: World) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("anna"))

    answer = client.get(PAGE)

    assert answer.context["chart"] is None
    assert answer.content.decode().count("No promise of a backorder has fallen due yet.") == 3


def test_nobody_without_the_right_sees_the_page(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("stranger", is_staff=True))

    assert client.get(PAGE).status_code == 403


def test_two_statements_read_any_number_of_promises(world: World, frozen: clock.Journey) -> None:
    tell(world, frozen)

    assert len(queries_of(lambda: calibration(start=date(2026, 3, 1), end=date(2026, 5, 1), zone="UTC"))) == 2
