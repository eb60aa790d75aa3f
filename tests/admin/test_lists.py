"""Every list and page opens, takes as many queries for 30 rows as for 3, and counts within bounds."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from django.test import RequestFactory
from factory.django import DjangoModelFactory

from oms.kernel import clock
from oms.kernel.admin import paging
from oms.kernel.admin.base import HouseAdmin
from oms.orders.models import Order
from tests import factories
from tests.admin.conftest import Desk, address
from tests.queries import queries_of, same_queries

FACTORY_OF: dict[type[Model], type[DjangoModelFactory[Model]]] = {
    made._meta.model: made for name, made in vars(factories).items() if name.endswith("Factory")
}
OURS = [model for model, its in admin.site._registry.items() if isinstance(its, HouseAdmin)]
# A page of ours reads no more than this, whatever the list.
MOST_QUERIES = 12


def _name(model: type[Model]) -> str:
    return model._meta.label


def test_every_list_of_ours_has_a_factory() -> None:
    assert [_name(model) for model in OURS if model not in FACTORY_OF] == []


@pytest.mark.parametrize("model", OURS, ids=_name)
def test_a_list_takes_as_many_queries_for_30_rows_as_for_3(
    model: type[Model], desk: Desk, frozen: clock.Journey
) -> None:
    # The first request of a session also looks for what is cached afterwards.
    desk.rows(model)

    def prepared(rows: int) -> Callable[[], object]:
        FACTORY_OF[model].create_batch(rows)
        return lambda: _opened(desk, model)

    assert same_queries(prepared) <= MOST_QUERIES


def _opened(desk: Desk, model: type[Model]) -> None:
    assert desk.rows(model).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=_name)
def test_a_list_is_searched_and_counted_within_bounds(
    model: type[Model], desk: Desk, frozen: clock.Journey
) -> None:
    FACTORY_OF[model].create()

    asked = queries_of(lambda: desk.rows(model, "q=so-1"))
    counts = [sql for sql in asked if sql.startswith("SELECT COUNT")]

    assert len(counts) == 1
    assert re.search(r"LIMIT 2001\) ", counts[0])


@pytest.mark.parametrize("model", OURS, ids=_name)
def test_a_row_has_a_page_and_a_fact_stays_as_it_is(
    model: type[Model], desk: Desk, frozen: clock.Journey
) -> None:
    row = FACTORY_OF[model].create()

    assert desk.page(row).status_code == 200
    if not admin.site._registry[model].has_change_permission(_request(desk)):
        assert desk.client.get(address(model, "add")).status_code == 403
        assert desk.client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert desk.client.post(address(model, "change", row.pk), {}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


def _request(desk: Desk) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(pk=desk.client.session["_auth_user_id"])
    return request


EDITABLE = {
    *("backorders.AtpRule", "backorders.Cap", "backorders.CancellationPolicy", "orders.Channel"),
    *("backorders.QueuePolicy", "backorders.ReleasePolicy"),
    "backorders.Protection",
    "backorders.Fence",
    "backorders.DelayPolicy",
    "backorders.PlanningPolicy",
    "backorders.RunVariant",
    "backorders.Promotion",
    "payments.PaymentAccount",
    *("backorders.TellingPolicy", "notifications.LetterTemplate"),
    "connectors.KlaviyoAccount",
    "notifications.Route",
    *(
        "orders.Customer",
        "inventory.Location",
        "inventory.Sku",
        "purchasing.Supplier",
        "purchasing.SupplierSku",
    ),
}


def test_only_policies_and_the_catalog_are_edited_by_hand(desk: Desk) -> None:
    request = _request(desk)

    changed = {_name(model) for model in OURS if admin.site._registry[model].has_change_permission(request)}

    assert changed == EDITABLE


def test_a_long_list_says_that_it_is_cut(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "COUNTED_AT_MOST", 5)
    factories.ChannelFactory.create_batch(6)

    assert b"the first 5 channels" in desk.rows(factories.ChannelFactory._meta.model).content


def test_an_empty_list_says_what_that_means(desk: Desk) -> None:
    assert b"Orders come over REST" in desk.rows(Order).content
