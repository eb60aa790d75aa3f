"""Floors, weeks of caps, volatility and forgotten switches in the admin."""

from decimal import Decimal
from typing import Any

import pytest

from backorders.models import Cap, CapUsage, Protection, ProtectionClaim, ProtectionUsage, SkuVolatility
from oms.groups import BUYER, MANAGER, READ_ONLY
from oms.orders.models import Channel
from tests.admin.conftest import Desk, Hire, address
from tests.factories import (
    CapFactory,
    ProtectionClaimFactory,
    ProtectionFactory,
    SkuVolatilityFactory,
)
from tests.world import World, day

FLOOR: dict[str, Any] = {"qty": 30, "priority": 1, "kind": "core", "why": "Trial"}
WEEKS: dict[str, Any] = {
    "name": "Lamps",
    "max_open_units": 60,
    "bucket": "week",
    "bucket_ceilings": "2026-03-09 20\n2026-03-16",
    "backward": 1,
    "forward": 1,
    "why": "Trial",
}


def _errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def test_a_floor_is_added_changed_and_kept_in_history(world: World, desk: Desk) -> None:
    sku = world.sku("CHAIR")
    added = desk.client.post(address(Protection, "add"), {**FLOOR, "sku": sku.pk, "channel": world.web.pk})
    assert added.status_code == 302, _errors(added)
    floor = Protection.objects.get()

    desk.saves(floor, **{**FLOOR, "qty": 25, "sku": sku.pk, "region": "EU", "why": "Less"})

    floor.refresh_from_db()
    assert (floor.qty, floor.region, floor.channel, floor.version) == (25, "EU", None, 2)
    assert list(floor.history.values_list("qty", "history_change_reason", "history_user__username")) == [
        (25, "Less", "anna"),
        (30, "Trial", "anna"),
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"category": "oak", "region": "EU"}, "sku"),
        ({}, "channel"),
        ({"region": "EU", "customer_class": "gold"}, "channel"),
        ({"region": "EU", "starts_on": "2026-05-02", "ends_on": "2026-05-01"}, "ends_on"),
        ({"region": "EU", "priority": 0}, "priority"),
    ],
)
def test_a_floor_that_cannot_be_meant_is_refused(
    world: World, desk: Desk, changed: dict[str, Any], field: str
) -> None:
    body = {**FLOOR, "sku": world.sku("CHAIR").pk, **changed}

    response = desk.client.post(address(Protection, "add"), body)

    assert list(_errors(response)) == [field]
    assert not Protection.objects.exists()


def test_only_ops_managers_edit_floors(hire: Hire, db: None) -> None:
    floor = ProtectionFactory.create()

    assert hire(BUYER).saves(floor, qty=1).status_code == 403
    assert b"Save" in hire(MANAGER).page(floor).content


def test_lists_show_who_used_what(world: World, desk: Desk) -> None:
    world("stock CHAIR 100")
    floor = Protection.objects.create(sku=world.sku("CHAIR"), channel=Channel.objects.get(), qty=30)
    world.orders("A", ("CHAIR", 40))
    SkuVolatilityFactory.create(sku=world.sku("CHAIR"))

    floors = desk.rows(Protection).content.decode()

    assert "30 of 30" in floors
    assert "channel WEB" in floors
    for model in (ProtectionUsage, ProtectionClaim, SkuVolatility):
        assert "CHAIR" in desk.rows(model).content.decode()
    assert desk.page(floor).status_code == 200
    assert desk.page(ProtectionUsage.objects.get()).status_code == 200
    assert ProtectionClaimFactory._meta.model is ProtectionClaim


def test_a_cap_by_week_is_edited_and_shows_its_weeks(desk: Desk, db: None) -> None:
    cap = CapFactory.create()

    desk.saves(cap, **WEEKS)
    CapUsage.objects.create(cap=cap, bucket_on=day("9 Mar"), used_qty=0)

    cap.refresh_from_db()
    assert cap.bucket_ceilings == {"2026-03-09": 20, "2026-03-16": None}
    page = desk.page(cap).content.decode()
    assert "9 Mar 2026: 0 of 20" in page
    assert "2026-03-09 20\n2026-03-16" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2026-03-10 5", "not the first day"),
        ("next week 5", "Write the first day"),
        ("2026-03-09 many", "Write the first day"),
        ("2026-03-09 -1", "cannot be meant"),
    ],
)
def test_weeks_that_cannot_be_meant_are_refused(desk: Desk, db: None, typed: str, words: str) -> None:
    cap = CapFactory.create()

    response = desk.saves(cap, **{**WEEKS, "bucket_ceilings": typed})

    assert words in _errors(response)["bucket_ceilings"][0]
    assert Cap.objects.get().bucket_ceilings == {}


def test_a_sku_that_is_too_volatile_says_so(world: World, desk: Desk) -> None:
    sku = world.sku("CHAIR")
    world.rule.max_volatility = 1
    world.rule.save()
    SkuVolatilityFactory.create(sku=sku, cv="1.25")

    page = desk.page(sku).content.decode()

    assert "too volatile" in page
    assert "1.25" in page
    assert "260 in 26 weeks" in page


def test_forgotten_switches_have_a_page_for_those_who_may_look(world: World, desk: Desk, hire: Hire) -> None:
    world.sku("CHAIR")
    path = "/admin/backorders/atprule/forgotten/"

    page = desk.client.get(path).content.decode()

    assert "backorders for all" in page
    assert "CHAIR" in page
    assert path in desk.client.get("/admin/").content.decode()
    assert hire(READ_ONLY).client.get(path).status_code == 200
    world.rule.delete()
    assert "No switch was forgotten." in desk.client.get(path).content.decode()


def test_a_cap_is_tried_before_it_is_saved(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    cap = CapFactory.create(name="Lamps", max_open_units=60)

    page: Any = desk.saves(
        cap,
        **{
            **WEEKS,
            "bucket": "none",
            "bucket_ceilings": "",
            "backward": 0,
            "forward": 0,
            "max_open_units": 5,
            "_whatif": "1",
        },
    )

    kept_out = page.context["trial"].kept_out
    assert [(row.line.order.number, row.qty, row.value) for row in kept_out.lines] == [
        (world.numbers["SO-1"], 3, Decimal(60))
    ]
    said = page.content.decode()
    assert "1 line that waits would not fit: 3 units, worth" in said
    assert "8 units, it would have refused 3 units; as it stands 0 units." in said
    cap.refresh_from_db()
    assert (cap.max_open_units, cap.history.count()) == (60, 1)
    desk.saves(cap, **dict(page.context["kept"]))
    assert Cap.objects.get().max_open_units == 5
