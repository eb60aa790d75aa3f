"""Policies: edited with words that help, kept in history, felt by what they touch."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model
from django.forms.models import model_to_dict

from backorders.models import AtpRule, CancellationPolicy, Cap, QueuePolicy, ReplanRequest
from oms.groups import BUYER, MANAGER
from oms.kernel.models import EventLog
from tests.admin.conftest import Desk, Hire, address
from tests.factories import (
    AtpRuleFactory,
    CancellationPolicyFactory,
    CapFactory,
    QueuePolicyFactory,
    ReleasePolicyFactory,
    SupplierFactory,
)
from tests.world import World, day

RULE: dict[str, Any] = {
    "name": "Backorders for all",
    "mode": "backorder",
    "priority": 0,
    "safety_stock": 0,
    "oversell_qty": 0,
    "kinds": ["stock", "purchase"],
    "longest_wait_days": 90,
    "service_level": "0.9",
    "least_buffer_days": 0,
    "tolerance_days": 0,
    "split": "any",
    "charge_policy": "at_order",
    "why": "Longer waits lose customers",
}
CAP: dict[str, Any] = {
    "name": "Lamps",
    "max_open_units": 60,
    "bucket": "none",
    "backward": 0,
    "forward": 0,
    "why": "Trial",
}
POLICY: dict[str, Any] = {
    "name": "All",
    "priority": 0,
    "self_cancel_until": "allocated",
    "answer_days": 7,
    "silence_means": "wait",
    "refund_days": 7,
    "fee": 0,
    "short_ship": "backorder",
    "is_active": "on",
    "why": "Trial",
}


def _errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def test_a_changed_rule_re_plans_what_it_touches(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()

    desk.saves(world.rule, **RULE)

    assert AtpRule.objects.get().longest_wait_days == 90
    assert ReplanRequest.objects.get().sku == world.sku("CHAIR")
    assert EventLog.objects.filter(name="PolicyChanged", by="user:anna").count() == 2


def test_a_rule_is_tried_before_it_is_saved(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()
    before = model_to_dict(world.rule)
    changed = {**RULE, "longest_wait_days": 3, "_whatif": "1"}

    page: Any = desk.saves(world.rule, **changed)

    trial = page.context["trial"]
    assert [(row.line.order.number, row.qty, row.days, row.refused) for row in trial.moved] == [
        (world.numbers["SO-1"], 8, 0, "wait_too_long")
    ]
    assert "1 line would not be taken if ordered now" in page.content.decode()
    # Nothing of it stays, and the same form can be saved from here.
    world.rule.refresh_from_db()
    assert model_to_dict(world.rule) == before
    assert world.rule.history.count() == 1
    assert not ReplanRequest.objects.exists()
    assert not EventLog.objects.filter(name="PolicyChanged", by="user:anna").exists()
    desk.saves(world.rule, **{**dict(page.context["kept"]), "kinds": RULE["kinds"]})
    assert AtpRule.objects.get().longest_wait_days == 3


def test_a_rule_that_cannot_be_saved_cannot_be_tried(world: World, desk: Desk) -> None:
    page = desk.saves(world.rule, **{**RULE, "_whatif": "1", "longest_wait_days": "-3"})

    assert "longest_wait_days" in _errors(page)


def test_a_rule_that_moves_to_another_sku_re_plans_both(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        po      PO-8   TABLE   10   expected 12 May
        order   SO-1   CHAIR    8
        order   SO-2   TABLE    8
    """)
    world.settle()
    rule = AtpRuleFactory.create(sku=world.sku("CHAIR"))

    desk.saves(rule, **RULE, sku=world.sku("TABLE").pk)

    assert set(ReplanRequest.objects.values_list("sku__code", flat=True)) == {"CHAIR", "TABLE"}


def test_history_says_who_when_why_before_and_after(desk: Desk, db: None) -> None:
    rule = AtpRuleFactory.create(name="Backorders for all", longest_wait_days=120)

    desk.saves(rule, **RULE)
    told = desk.client.get(address(AtpRule, "history", rule.pk)).content.decode()

    newest = rule.history.first()
    assert (newest.history_user.username, newest.history_change_reason) == ("anna", RULE["why"])
    assert (newest.version, newest.prev_record.longest_wait_days, newest.longest_wait_days) == (2, 120, 90)
    for words in ("anna", RULE["why"], "120", "90"):
        assert words in told


def test_an_old_version_brought_back_is_a_new_version(desk: Desk, db: None) -> None:
    rule = AtpRuleFactory.create(longest_wait_days=120)
    desk.saves(rule, **RULE)
    first = rule.history.last()

    desk.client.post(
        address(AtpRule, "simple_history", rule.pk, first.pk),
        {**RULE, "longest_wait_days": 120, "why": "Back"},
    )

    rule.refresh_from_db()
    assert (rule.version, rule.longest_wait_days) == (3, 120)


def test_two_people_do_not_overwrite_each_other(desk: Desk, db: None) -> None:
    rule = AtpRuleFactory.create(longest_wait_days=120)
    desk.saves(rule, **RULE, seen_version=1)

    response = desk.saves(rule, **{**RULE, "longest_wait_days": 10}, seen_version=1)

    assert "Somebody saved this policy" in _errors(response)["__all__"][0]
    assert AtpRule.objects.get().longest_wait_days == 90


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"valid_from": "2026-05-02", "valid_to": "2026-05-01"}, "valid_to", "would end before it starts"),
        ({"charge_policy": "deposit"}, "deposit_percent", "A deposit needs its percentage"),
        ({"oversell_qty": 5}, "kinds", "tick it, or oversell nothing"),
        ({"service_level": "1.2"}, "service_level", "less than or equal to 0.99"),
        ({"why": ""}, "why", "required"),
        ({"kinds": ["luck"]}, "kinds", "luck is not one of the available choices"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(
    desk: Desk, db: None, changed: dict[str, Any], field: str, words: str
) -> None:
    rule = AtpRuleFactory.create(longest_wait_days=120)

    response = desk.saves(rule, **{**RULE, **changed})

    assert list(_errors(response)) == [field]
    assert words in _errors(response)[field][0]
    assert AtpRule.objects.get().longest_wait_days == 120


def test_a_rule_speaks_for_one_thing(desk: Desk, db: None) -> None:
    rule = AtpRuleFactory.create()

    response = desk.saves(rule, **RULE, category="Lamps", supplier=SupplierFactory.create().pk)

    assert "leave the others empty" in _errors(response)["sku"][0]


@pytest.mark.parametrize(("typed", "kept"), [("", None), ("0", 0), ("7", 7)])
def test_an_empty_cap_is_unlimited_and_0_is_none(desk: Desk, db: None, typed: str, kept: int | None) -> None:
    cap = CapFactory.create()

    desk.saves(cap, **{**CAP, "max_open_units": typed, "max_units_per_order": 3})

    assert Cap.objects.get().max_open_units == kept


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"max_open_units": ""}, "max_open_units"),
        ({"starts_on": "2026-05-02", "ends_on": "2026-05-01"}, "ends_on"),
        ({"forward": 1}, "bucket"),
        ({"max_open_units": -1}, "max_open_units"),
    ],
)
def test_a_cap_that_cannot_be_meant_is_refused(
    desk: Desk, db: None, changed: dict[str, Any], field: str
) -> None:
    cap = CapFactory.create(name="was")

    response = desk.saves(cap, **{**CAP, **changed})

    assert list(_errors(response)) == [field]
    assert Cap.objects.get().name == "was"


def test_a_cancellation_policy_is_edited(desk: Desk, db: None) -> None:
    policy = CancellationPolicyFactory.create()

    desk.saves(policy, **POLICY, auto_cancel_days_late=30)

    policy.refresh_from_db()
    assert (policy.auto_cancel_days_late, policy.version) == (30, 2)


def test_the_zeroth_delay_is_refused(desk: Desk, db: None) -> None:
    policy = CancellationPolicyFactory.create()

    response = desk.saves(policy, **POLICY, auto_cancel_on_delay=0)

    assert "number 1" in _errors(response)["auto_cancel_on_delay"][0]
    assert CancellationPolicy.objects.get().version == 1


QUEUE: dict[str, Any] = {"name": "All", "priority": 0, "lock_days": 3, "is_active": "on", "why": "Trial"}


def test_a_queue_policy_is_edited_and_re_plans_its_queues(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()
    policy = QueuePolicyFactory.create()

    desk.saves(policy, **QUEUE, starve_after_days=30, tier_every_days=7)

    policy.refresh_from_db()
    assert (policy.starve_after_days, policy.tier_every_days, policy.version) == (30, 7, 2)
    assert ReplanRequest.objects.get().sku == world.sku("CHAIR")


def test_half_a_starvation_guard_is_refused(desk: Desk, db: None) -> None:
    policy = QueuePolicyFactory.create()

    response = desk.saves(policy, **QUEUE, starve_after_days=30)

    assert list(_errors(response)) == ["tier_every_days"]
    assert QueuePolicy.objects.get().starve_after_days is None


def test_a_release_policy_is_edited(desk: Desk, db: None) -> None:
    policy = ReleasePolicyFactory.create()

    desk.saves(
        policy,
        name="Nearly whole",
        priority=0,
        complete_policy="hold",
        line_percent="80",
        order_percent="90",
        measure="qty",
        is_active="on",
        why="Fewer parcels",
    )

    policy.refresh_from_db()
    assert (policy.complete_policy, policy.line_percent, policy.order_percent) == (
        "hold",
        Decimal(80),
        Decimal(90),
    )


def test_a_deleted_rule_re_plans_what_it_spoke_for(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()

    desk.client.post(address(AtpRule, "delete", world.rule.pk), {"post": "yes"})

    assert not AtpRule.objects.exists()
    assert ReplanRequest.objects.get().sku == world.sku("CHAIR")


def test_rules_are_not_deleted_in_bulk(desk: Desk, db: None) -> None:
    rule = AtpRuleFactory.create()

    desk.client.post(
        address(AtpRule, "changelist"),
        {"action": "delete_selected", "_selected_action": [rule.pk], "post": "yes"},
    )

    assert AtpRule.objects.exists()


@pytest.mark.parametrize(
    "make",
    [AtpRuleFactory, CapFactory, CancellationPolicyFactory, QueuePolicyFactory, ReleasePolicyFactory],
)
def test_only_ops_managers_edit_policies(hire: Hire, make: Any) -> None:
    policy: Model = make.create()

    assert hire(BUYER).saves(policy, name="mine").status_code == 403
    assert b"Save" in hire(MANAGER).page(policy).content


LOCATION: dict[str, Any] = {
    "code": "MAIN",
    "country": "DE",
    "timezone": "Europe/Berlin",
    "priority": 100,
    "is_active": "on",
    "work_days": [0, 1, 2, 3, 4],
    "receiving_days": 0,
    "processing_days": 3,
    "transit": "{}",
    "transit_default": 0,
}


def _waiting(world: World) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()


def test_a_slower_location_moves_what_ships_from_it(world: World, desk: Desk) -> None:
    _waiting(world)

    desk.saves(world.warehouse, **LOCATION)
    world.settle()

    # Tuesday, and three working days to pack.
    assert world.promised("SO-1") == day("15 May")


def test_a_zone_that_does_not_exist_is_refused(world: World, desk: Desk) -> None:
    response = desk.saves(world.warehouse, **{**LOCATION, "timezone": "Europe/Bonn"})

    assert "No such time zone" in _errors(response)["timezone"][0]


def test_an_inactive_supplier_re_plans_what_waits_for_it(world: World, desk: Desk) -> None:
    _waiting(world)

    desk.saves(world.supplier, code="ACME", work_days=[0, 1])

    assert ReplanRequest.objects.get().sku == world.sku("CHAIR")
    world.supplier.refresh_from_db()
    assert not world.supplier.is_active


def test_a_slower_source_re_plans_its_sku(world: World, desk: Desk) -> None:
    _waiting(world)
    source = world.sku("CHAIR").suppliers.get()

    desk.saves(
        source,
        supplier=source.supplier_id,
        sku=source.sku_id,
        lead_time_days=60,
        moq=1,
        pack_qty=1,
        currency="EUR",
    )

    assert ReplanRequest.objects.get().sku == world.sku("CHAIR")
