"""/skus/: what is stocked and sold."""

from collections.abc import Callable
from typing import Any

from inventory.models import Alternative, KitPart, Sku
from tests.api.conftest import Client, Shop, refusal

CHAIR: dict[str, Any] = {
    "code": "CHAIR",
    "title": "Chair",
    "category": "seats",
    "status": "active",
    "launch_on": "2026-05-01",
    "price": {"amount": "12.50", "currency": "EUR"},
    "pack_qty": 4,
    "tracked": True,
    "alternatives": [],
    "components": [],
    "ship_together": False,
}


def test_what_was_put_is_read_back_exactly(api: Client) -> None:
    put = api.put("skus/CHAIR/", CHAIR)
    read = api.get("skus/CHAIR/")

    assert (put.status_code, put.body) == (201, CHAIR)
    assert (read.status_code, read.body) == (200, CHAIR)


def test_a_second_put_changes_only_what_it_names(api: Client) -> None:
    api.put("skus/CHAIR/", CHAIR)

    again = api.put("skus/CHAIR/", {"status": "discontinued"})

    assert (again.status_code, again.body) == (200, {**CHAIR, "status": "discontinued"})


def test_a_price_may_be_a_bare_amount(api: Client) -> None:
    put = api.put("skus/CHAIR/", {"price": "7"})

    assert put.body["price"] == {"amount": "7.00", "currency": "EUR"}


def test_a_kit_names_its_components_and_alternatives(api: Client) -> None:
    for code in ("LEG", "SEAT", "STOOL"):
        api.put(f"skus/{code}/", {})
    parts = [{"sku": "LEG", "qty": 4}, {"sku": "SEAT", "qty": 1}]

    put = api.put("skus/CHAIR/", {"components": parts, "alternatives": ["STOOL"], "ship_together": True})

    assert put.body["components"] == parts
    assert put.body["alternatives"] == ["STOOL"]
    assert api.put("skus/CHAIR/", {"components": [], "alternatives": []}).body["components"] == []
    assert not KitPart.objects.exists() and not Alternative.objects.exists()


def test_an_unknown_component_is_named_and_nothing_kept(api: Client) -> None:
    answer = api.put("skus/CHAIR/", {"components": [{"sku": "NONE", "qty": 1}]})

    assert refusal(answer) == (422, "unknown_reference", "components[0].sku")
    assert not Sku.objects.exists()


def test_a_kit_of_kits_is_refused(api: Client) -> None:
    api.put("skus/LEG/", {})
    api.put("skus/CHAIR/", {"components": [{"sku": "LEG", "qty": 4}]})

    answer = api.put("skus/SET/", {"components": [{"sku": "CHAIR", "qty": 2}]})

    assert refusal(answer) == (422, "cannot_be_kit", "components")
    assert list(Sku.objects.values_list("code", flat=True)) == ["CHAIR", "LEG"]


def test_posting_a_code_twice_is_a_conflict(api: Client) -> None:
    first = api.post("skus/", {"code": "CHAIR"})
    second = api.post("skus/", {"code": "CHAIR", "title": "Other"})

    assert first.status_code == 201
    assert refusal(second) == (409, "already_exists", "code")
    assert Sku.objects.get().title == ""


def test_every_bad_value_names_its_field(api: Client) -> None:
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"code": "A"}, "mismatch", "code"),
        ({"pack_qty": 0}, "min_value", "pack_qty"),
        ({"pack_qty": 1.5}, "not_whole", "pack_qty"),
        ({"pack_qty": 2.0}, "not_whole", "pack_qty"),
        ({"pack_qty": "2"}, "not_whole", "pack_qty"),
        ({"pack_qty": True}, "not_whole", "pack_qty"),
        ({"pack_qty": 10**12}, "max_value", "pack_qty"),
        ({"status": "gone"}, "invalid_choice", "status"),
        ({"launch_on": "soon"}, "invalid", "launch_on"),
        ({"launch_on": "9999-12-31"}, "out_of_range", "launch_on"),
        ({"price": "-1"}, "amount", "price"),
        ({"price": "1.234"}, "amount", "price"),
        ({"price": {"amount": "1", "currency": "euro"}}, "currency", "price"),
        ({"price": {"sum": 1}}, "invalid", "price"),
        ({"tracked": "yes"}, "invalid", "tracked"),
        ({"title": 7}, "invalid", "title"),
        ({"title": "x" * 1_000_000}, "max_length", "title"),
        ({"title": "a\x00b"}, "invalid", "title"),
        ({"components": [{"sku": "A", "qty": -1}]}, "min_value", "components[0].qty"),
        ({"components": {"sku": "A"}}, "not_a_list", "components"),
        ({"alternatives": "A"}, "not_a_list", "alternatives"),
        ({"titel": "Chair"}, "unknown_field", "titel"),
        ({"components": [{"sku": "A", "quantity": 1}]}, "unknown_field", "components[0].quantity"),
    ]

    found = [refusal(api.put("skus/CHAIR/", body)) for body, _, _ in cases]

    assert found == [(400, code, field) for _, code, field in cases]
    assert not Sku.objects.exists()


def test_a_body_that_is_no_object_is_refused(api: Client) -> None:
    assert refusal(api.put("skus/CHAIR/", [CHAIR])) == (400, "invalid", None)
    assert refusal(api.put("skus/CHAIR/", "text")) == (400, "invalid", None)


def test_odd_codes_work_when_encoded_or_are_refused(api: Client) -> None:
    for code, encoded in (("A/B 1", "A%2FB%201"), ("Ä#?%", "%C3%84%23%3F%25"), ("a:b+c", "a:b+c")):
        assert api.put(f"skus/{encoded}/", {}).body["code"] == code
        assert api.get(f"skus/{encoded}/").body["code"] == code
    assert refusal(api.put("skus/A%2F%2FB/", {})) == (400, "unusable_code", "code")
    assert refusal(api.post("skus/", {"code": "/A"})) == (400, "unusable_code", "code")
    assert refusal(api.put(f"skus/{'x' * 81}/", {})) == (400, "max_length", "code")
    assert refusal(api.get("skus/A%00/")) == (404, "not_found", None)


def test_lists_are_filtered_and_ordered(api: Client) -> None:
    for code in ("A", "B", "C"):
        api.put(f"skus/{code}/", {"category": "x" if code == "B" else "y"})

    def codes(query: str) -> list[str]:
        return [row["code"] for row in api.get(f"skus/?{query}").body["results"]]

    assert codes("") == ["A", "B", "C"]
    assert codes("ordering=-code") == ["C", "B", "A"]
    assert codes("code=A&code=C") == ["A", "C"]
    assert codes("category=x") == ["B"]


def test_another_scope_is_forbidden(api: Client, api_of: Callable[..., Client]) -> None:
    shop = api_of("shop", scopes=["orders"])

    assert refusal(shop.put("skus/CHAIR/", {})) == (403, "forbidden", None)
    assert not Sku.objects.exists()


def test_the_parts_of_a_kit_stand_while_orders_wait_for_it(shop: Shop) -> None:
    shop.stock("CHAIR", 4)
    shop.put("skus/SET/", {"components": [{"sku": "CHAIR", "qty": 2}]})
    shop.order("A-1", "SET", 1)

    answer = shop.api.put("skus/SET/", {"components": [{"sku": "CHAIR", "qty": 3}]})

    assert refusal(answer) == (409, "kit_in_use", "components")
    assert shop.api.get("skus/SET/").body["components"] == [{"sku": "CHAIR", "qty": 2}]
    assert shop.put("skus/SET/", {"title": "A set"})["title"] == "A set"
