"""Every policy has its history: who, when, why, before and after; and an old version is brought back."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model

from oms.kernel.admin.base import HouseAdmin
from tests.admin.conftest import Desk, address
from tests.admin.test_lists import FACTORY_OF

KEPT: list[Any] = [
    model
    for model, its in admin.site._registry.items()
    if isinstance(its, HouseAdmin) and hasattr(model, "history")
]
pytestmark = pytest.mark.django_db


def _label(model: type[Model]) -> str:
    return model._meta.label


def _filled(page: Any, prefix: str) -> dict[str, Any]:
    """What the browser would send of the form as it is shown."""
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    shown = {name: form.fields[name].prepare_value(value) for name, value in values.items()}
    said = {name: value for name, value in shown.items() if value is not None and value is not False}
    return said | {"why": prefix}


def test_every_policy_of_the_house_is_among_them() -> None:
    assert {_label(model) for model in KEPT} >= {
        *("backorders.AtpRule", "backorders.Cap", "backorders.Protection", "backorders.Fence"),
        *("backorders.CancellationPolicy", "backorders.DelayPolicy", "backorders.QueuePolicy"),
        *("backorders.ReleasePolicy", "backorders.PlanningPolicy", "backorders.RunVariant"),
        *("backorders.TellingPolicy", "backorders.Promotion", "notifications.LetterTemplate"),
    }


@pytest.mark.parametrize("model", KEPT, ids=_label)
def test_a_version_is_told_and_brought_back(model: Any, desk: Desk) -> None:
    row: Any = FACTORY_OF[model].create()
    first = row.history.first()
    saved = desk.saves(row, **_filled(desk.page(row), "Again"))
    assert saved.status_code == 302, saved.context["errors"]  # type: ignore[attr-defined]

    told = desk.client.get(address(model, "history", row.pk)).content.decode()
    old = desk.client.get(address(model, "simple_history", row.pk, first.pk))
    back = desk.client.post(address(model, "simple_history", row.pk, first.pk), _filled(old, "Back"))

    assert "Again" in told and "anna" in told
    assert back.status_code == 302
    newest = row.history.first()
    assert (newest.history_change_reason, newest.history_user.username) == ("Back", "anna")
    assert [each.version for each in row.history.all()] == [3, 2, 1]
