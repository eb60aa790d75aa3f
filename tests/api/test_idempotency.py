"""Idempotency-Key: the answer is kept with its effect, and given again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from inventory.models import Movement, Sku
from oms.api import idempotency
from oms.api.idempotency import Answer
from oms.api.models import ApiClient, IdempotencyKey
from oms.api.tasks import forget_old_answers
from oms.kernel import clock
from oms.kernel.errors import DomainError
from tests.api.conftest import Client, Shop, refusal


def test_the_same_key_and_body_get_the_stored_answer(api: Client) -> None:
    first = api.post("skus/", {"code": "A", "title": "x"}, HTTP_IDEMPOTENCY_KEY="k")
    again = api.post("skus/", {"title": "x", "code": "A"}, HTTP_IDEMPOTENCY_KEY="k")

    assert (again.status_code, again["Idempotent-Replay"], again.body) == (201, "true", first.body)
    assert "Idempotent-Replay" not in first


def test_the_same_key_with_another_body_or_address_is_refused(api: Client) -> None:
    api.post("skus/", {"code": "A"}, HTTP_IDEMPOTENCY_KEY="k")

    body = api.post("skus/", {"code": "B"}, HTTP_IDEMPOTENCY_KEY="k")
    address = api.post("channels/", {"code": "A"}, HTTP_IDEMPOTENCY_KEY="k")

    assert refusal(body) == (422, "idempotency_mismatch", "Idempotency-Key")
    assert refusal(address) == (422, "idempotency_mismatch", "Idempotency-Key")
    assert Sku.objects.count() == 1


def test_keys_of_two_clients_do_not_meet(api: Client, api_of: Callable[..., Client]) -> None:
    api.post("skus/", {"code": "A"}, HTTP_IDEMPOTENCY_KEY="k")

    answer = api_of("other").post("skus/", {"code": "B"}, HTTP_IDEMPOTENCY_KEY="k")

    assert answer.status_code == 201


def test_a_refusal_by_a_rule_is_kept_under_its_key(shop: Shop) -> None:
    body = shop.order_body("A-1", "CHAIR", 1)
    first = shop.api.post("orders/", body, HTTP_IDEMPOTENCY_KEY="k")
    shop.stock("CHAIR", 1)

    same_key = shop.api.post("orders/", body, HTTP_IDEMPOTENCY_KEY="k")
    other_key = shop.api.post("orders/", body, HTTP_IDEMPOTENCY_KEY="k2")

    assert (same_key.status_code, same_key["Idempotent-Replay"], same_key.body) == (422, "true", first.body)
    assert other_key.status_code == 201


def test_conflicts_and_malformed_bodies_are_not_kept(api: Client) -> None:
    api.post("skus/", {"code": "A"})
    conflict = api.post("skus/", {"code": "A"}, HTTP_IDEMPOTENCY_KEY="k")
    malformed = api.post("skus/", {"kode": "B"}, HTTP_IDEMPOTENCY_KEY="k")

    done = api.post("skus/", {"code": "B"}, HTTP_IDEMPOTENCY_KEY="k")

    assert (conflict.status_code, malformed.status_code, done.status_code) == (409, 400, 201)


def test_a_key_that_is_too_long_is_refused(api: Client) -> None:
    answer = api.post("skus/", {"code": "A"}, HTTP_IDEMPOTENCY_KEY="k" * 201)

    assert refusal(answer) == (400, "invalid", "Idempotency-Key")
    assert not Sku.objects.exists()


def test_a_crash_leaves_no_key_and_no_effect(shop: Shop) -> None:
    def crash() -> Answer:
        Sku.objects.create(code="HALF")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        idempotency.once(ApiClient.objects.get(), [idempotency.key_of_header("k")], "p", crash)

    assert not Sku.objects.filter(code="HALF").exists()
    assert not IdempotencyKey.objects.filter(key="key:k").exists()


def test_a_refused_effect_is_taken_back_while_its_answer_is_kept(shop: Shop) -> None:
    def refuse() -> Answer:
        Sku.objects.create(code="HALF")
        raise DomainError("no")

    answer = idempotency.once(ApiClient.objects.get(), [idempotency.key_of_header("k")], "p", refuse)

    assert (answer.status, answer.body["error"]["message"]) == (422, "no")
    assert not Sku.objects.filter(code="HALF").exists()
    assert IdempotencyKey.objects.get(key="key:k").status == 422


def test_old_keys_are_forgotten_and_external_ids_stay(shop: Shop, frozen: clock.Journey) -> None:
    shop.stock("CHAIR", 5)
    shop.api.post("skus/", {"code": "A"}, HTTP_IDEMPOTENCY_KEY="k")
    frozen.forward(timedelta(days=31))

    forget_old_answers()

    assert [key.key for key in IdempotencyKey.objects.all()] == ["external:stock-count:count-1"]


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_a_second_request_with_a_running_key_is_told_so(api_of: Callable[..., Client]) -> None:
    api_of()
    client = ApiClient.objects.get()
    inside, leave = threading.Event(), threading.Event()
    found: list[Any] = []

    def slow() -> Answer:
        inside.set()
        assert leave.wait(10)
        return Answer({"done": 1}, 201)

    def first() -> None:
        found.append(idempotency.once(client, [idempotency.key_of_header("k")], "p", slow))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(idempotency.Running) as refused:
        idempotency.once(client, [idempotency.key_of_header("k")], "p", slow)
    leave.set()
    thread.join()
    replay = idempotency.once(client, [idempotency.key_of_header("k")], "p", slow)

    assert (refused.value.status, refused.value.code) == (409, "idempotency_running")
    assert found == [Answer({"done": 1}, 201)]
    assert (replay.body, replay.headers) == ({"done": 1}, {"Idempotent-Replay": "true"})


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_the_same_receipt_from_two_threads_is_booked_once(api_of: Callable[..., Client]) -> None:
    shop = Shop(api_of())
    # Tomorrow: late in the evening it is tomorrow already where the warehouse stands.
    shop.purchase("PO-1", "CHAIR", 10, (clock.now().date() + timedelta(days=1)).isoformat())
    body = {"external_id": "R", "purchase_order": "PO-1", "lines": [{"line_no": 1, "received_qty": 10}]}
    start = threading.Barrier(2)
    statuses: list[int] = []

    def send() -> None:
        start.wait()
        statuses.append(shop.api.post("receipts/", body).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) in ([201, 201], [201, 409])
    assert list(Movement.objects.values_list("qty", flat=True)) == [10]
