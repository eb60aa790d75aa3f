"""Staff groups: made by one command, again and again, and no button without somebody who may press it."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from oms.groups import COMMANDS, GROUPS, MANAGER
from oms.kernel.admin.base import HouseAdmin

pytestmark = pytest.mark.django_db


def _given() -> dict[str, set[str]]:
    return {
        group.name: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions__content_type")
    }


def test_the_command_makes_the_five_groups_and_may_run_again() -> None:
    call_command("sync_groups", verbosity=0)
    once = _given()
    call_command("sync_groups", verbosity=0)

    assert set(once) == set(GROUPS)
    assert _given() == once


def test_what_somebody_added_by_hand_stays() -> None:
    call_command("sync_groups", verbosity=0)
    extra = Permission.objects.get(codename="add_logentry")
    Group.objects.get(name=MANAGER).permissions.add(extra)

    call_command("sync_groups", verbosity=0)

    assert "admin.add_logentry" in _given()[MANAGER]


def test_every_button_belongs_to_somebody() -> None:
    offered = {
        kind.permission
        for its in admin.site._registry.values()
        if isinstance(its, HouseAdmin)
        for kind in (*its.buttons, *its.list_buttons)
    }

    assert offered == {may.permission for may in COMMANDS}


def test_everybody_may_look_but_only_readers_may_do_nothing_else() -> None:
    call_command("sync_groups", verbosity=0)
    given = _given()

    assert all("orders.view_order" in may for may in given.values())
    assert {code.split(".")[1].split("_")[0] for code in given["read-only"]} == {"view"}
    assert [name for name in GROUPS if "api.view_apiclient" in given[name]] == [MANAGER]


def test_money_is_sent_by_managers_and_customer_service_only() -> None:
    call_command("sync_groups", verbosity=0)

    senders = [name for name, may in _given().items() if "orders.send_refund" in may]
    assert sorted(senders) == ["customer service", "ops manager"]
