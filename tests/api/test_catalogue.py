"""/locations/, /channels/, /suppliers/ and /supplier-skus/: what everything else refers to by code."""

from collections.abc import Callable
from typing import Any

import pytest

from backorders.models import ReplanRequest
from inventory.models import Location
from oms.orders.models import Channel
from purchasing.models import Supplier, SupplierSku
from tests.api.conftest import Client, Shop, refusal

LOCATION: dict[str, Any] = {
    "code": "BER",
    "name": "Berlin",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "regions": ["DE", "AT"],
    "work_days": [0, 1, 2, 3, 4, 5],
    "holidays": "DE/BE",
    "cut_offs": ["11:00", "15:00"],
    "receiving_days": 1,
    "processing_days": 2,
    "inspection_days": 2,
    "transit": {"DE": 1, "AT": 3},
    "transit_default": 5,
    "carrier_work_days": [0, 1, 2, 3, 4, 5],
    "priority": 10,
    "active": True,
}
CHANNEL: dict[str, Any] = {
    "code": "WEB",
    "name": "Shop",
    "kind": "shopify",
    "priority": 5,
    "default_region": "DE",
    "buffer_qty": 3,
}
SUPPLIER: dict[str, Any] = {
    "code": "ACME",
    "name": "Acme",
    "active": False,
    "work_days": [0, 1, 2, 3],
    "holidays": None,
}
ALL = [("locations", LOCATION, Location), ("channels", CHANNEL, Channel), ("suppliers", SUPPLIER, Supplier)]


@pytest.mark.parametrize(("path", "body", "model"), ALL)
def test_what_was_put_is_read_back_exactly(api: Client, path: str, body: dict[str, Any], model: Any) -> None:
    url = f"{path}/{body['code']}/"

    put, again = api.put(url, body), api.put(url, body)

    assert (put.status_code, put.body) == (201, body)
    assert (again.status_code, again.body) == (200, body)
    assert api.get(url).body == body
    assert model.objects.count() == 1


@pytest.mark.parametrize(("path", "body", "model"), ALL)
def test_fields_left_out_keep_their_value(api: Client, path: str, body: dict[str, Any], model: Any) -> None:
    url = f"{path}/{body['code']}/"
    api.put(url, body)

    assert api.put(url, {"name": "New"}).body == {**body, "name": "New"}


@pytest.mark.parametrize(("path", "body", "model"), ALL)
def test_posting_a_code_twice_is_a_conflict(api: Client, path: str, body: dict[str, Any], model: Any) -> None:
    first, second = api.post(f"{path}/", body), api.post(f"{path}/", {**body, "name": "Other"})

    assert (first.status_code, first.body) == (201, body)
    assert refusal(second) == (409, "already_exists", "code")
    assert model.objects.get().name == body["name"]
    assert refusal(api.post(f"{path}/", {})) == (400, "required", "code")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("locations", {"timezone": "Mars/Olympus"}, (400, "unknown_zone", "timezone")),
        ("locations", {"timezone": "../../etc/passwd"}, (400, "unknown_zone", "timezone")),
        ("locations", {"country": "Germany"}, (400, "not_country", "country")),
        ("locations", {"work_days": []}, (400, "none", "work_days")),
        ("locations", {"work_days": [7]}, (400, "invalid", "work_days")),
        ("locations", {"work_days": "mon"}, (400, "invalid", "work_days")),
        ("locations", {"holidays": "XX"}, (400, "unknown", "holidays")),
        ("locations", {"holidays": "DE/XX"}, (400, "unknown", "holidays")),
        ("locations", {"holidays": {"country": 1}}, (400, "invalid", "holidays")),
        ("locations", {"cut_offs": ["25:00"]}, (400, "not_time", "cut_offs[0]")),
        ("locations", {"receiving_days": -1}, (400, "min_value", "receiving_days")),
        ("locations", {"processing_days": 10**12}, (400, "max_value", "processing_days")),
        ("locations", {"transit": {"DE": -1}}, (400, "min_value", "transit.DE")),
        ("locations", {"transit": {"": 1}}, (400, "invalid", "transit")),
        ("locations", {"transit": [1]}, (400, "not_a_dict", "transit")),
        ("locations", {"colour": "red"}, (400, "unknown_field", "colour")),
        ("channels", {"kind": "carrier pigeon"}, (400, "invalid_choice", "kind")),
        ("channels", {"buffer_qty": -1}, (400, "min_value", "buffer_qty")),
        ("suppliers", {"active": "yes"}, (400, "invalid", "active")),
    ],
)
def test_every_bad_value_names_its_field(
    api: Client, path: str, body: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert refusal(api.put(f"{path}/X/", body)) == expected
    assert not Location.objects.exists() and not Channel.objects.exists() and not Supplier.objects.exists()


def test_holidays_and_days_may_be_written_in_words(api: Client) -> None:
    def holidays(given: Any) -> Any:
        return api.put("locations/X/", {"holidays": given}).body["holidays"]

    assert holidays({"country": "DE", "subdivision": "BY"}) == "DE/BY"
    assert holidays({"country": "GB"}) == "GB"
    assert holidays("DE-BY") == "DE/BY"
    assert holidays(None) is None
    assert api.put("locations/X/", {"work_days": ["tue", "Monday"]}).body["work_days"] == [0, 1]


def test_what_waits_is_planned_again_after_a_change(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 4)
    marked = []
    for path, body in (
        ("locations/BER/", {"processing_days": 3}),
        ("suppliers/ACME/", {"active": False}),
        ("skus/CHAIR/", {"status": "discontinued"}),
        ("locations/PAR/", {"processing_days": 3}),
    ):
        ReplanRequest.objects.all().delete()
        shop.put(path, body)
        marked.append(list(ReplanRequest.objects.values_list("sku__code", flat=True)))

    assert marked == [["CHAIR"], ["CHAIR"], ["CHAIR"], []]


def test_bound_clients_see_and_write_only_their_own(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.put("locations/PAR/", {})
    shop.put("channels/B2B/", {})
    wms = api_of("wms", scopes=["catalog"], location=Location.objects.get(code="PAR"))
    web = api_of("web", scopes=["catalog"], channel=Channel.objects.get(code="B2B"))

    assert [row["code"] for row in wms.get("locations/").body["results"]] == ["PAR"]
    assert [row["code"] for row in web.get("channels/").body["results"]] == ["B2B"]
    assert refusal(wms.get("locations/BER/"))[0] == refusal(web.get("channels/WEB/"))[0] == 404
    assert wms.put("locations/PAR/", {"priority": 1}).status_code == 200
    assert refusal(wms.put("locations/NEW/", {})) == (400, "invalid", "code")
    assert refusal(web.post("channels/", {"code": "NEW"})) == (400, "invalid", "code")
    assert (Location.objects.count(), Channel.objects.count()) == (2, 2)


def test_a_bound_client_cannot_take_over_anothers_code(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.put("locations/PAR/", {})
    wms = api_of("wms", scopes=["catalog"], location=Location.objects.get(code="PAR"))

    answer = wms.put("locations/BER/", {"priority": 1})

    assert refusal(answer) == (400, "invalid", "code")
    assert Location.objects.get(code="BER").priority == 100


def test_terms_of_a_supplier_are_written_and_removed(shop: Shop) -> None:
    shop.put("suppliers/BOLT/", {})
    body = {"supplier": "BOLT", "sku": "CHAIR", "lead_time_days": 14, "moq": 5, "pack_qty": 5}

    made = shop.post("supplier-skus/", {**body, "unit_cost": {"amount": "3.1250", "currency": "USD"}})
    url = f"supplier-skus/{made['id']}/"
    changed = shop.api.patch(url, {"moq": 10, "unit_cost": "2"})
    removed = shop.api.delete(url)

    assert {name: made[name] for name in body} == body
    assert made["unit_cost"] == {"amount": "3.125", "currency": "USD"}
    assert (changed.body["moq"], changed.body["unit_cost"]) == (10, {"amount": "2.00", "currency": "USD"})
    assert (removed.status_code, shop.api.get(url).status_code) == (204, 404)


def test_terms_that_cannot_be_are_refused(shop: Shop) -> None:
    body = {"supplier": "ACME", "sku": "CHAIR"}

    assert refusal(shop.api.post("supplier-skus/", body)) == (409, "already_exists", "sku")
    assert refusal(shop.api.post("supplier-skus/", {**body, "sku": "X"})) == (422, "unknown_reference", "sku")
    assert refusal(shop.api.post("supplier-skus/", {**body, "supplier": "X"})) == (
        422,
        "unknown_reference",
        "supplier",
    )
    assert refusal(shop.api.post("supplier-skus/", {**body, "moq": 0})) == (400, "min_value", "moq")
    assert SupplierSku.objects.count() == 2
