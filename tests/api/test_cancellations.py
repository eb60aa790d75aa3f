"""/orders/{number}/cancellations/: part of a line, a line, or all that is open."""

from backorders.models import CancellationPolicy
from oms.orders.models import Cancellation, Order
from tests.api.conftest import Shop, refusal, settle


def test_a_cancelled_part_frees_its_units_and_is_refunded(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    number = shop.order("A-1", "CHAIR", 4)["number"]

    body = {"line_no": 1, "qty": 3, "cause": "customer_request", "note": "too many"}
    done = shop.post(f"orders/{number}/cancellations/", body)

    assert (done["order"], done["state"]) == (number, "accepted")
    assert done["cancellations"] == [
        {
            "line_no": 1,
            "sku": "CHAIR",
            "qty": 3,
            "cause": "customer_request",
            "note": "too many",
            "at": "2026-03-02T08:00:00Z",
            "by": "client:all",
            "refund": {
                "amount": {"amount": "30.00", "currency": "EUR"},
                "due_on": "2026-03-09",
                "state": "requested",
            },
        }
    ]
    assert shop.api.get("stock/?sku=CHAIR").body["results"][0]["free"] == 4


def test_the_next_in_line_moves_up(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-12")
    shop.purchase("PO-2", "CHAIR", 5, "2026-03-30")
    first = shop.order("A-1", "CHAIR", 5)["number"]
    second = shop.order("A-2", "CHAIR", 5)["number"]

    shop.post(f"orders/{first}/cancellations/", {"cause": "fraud"})
    settle()

    pegs = shop.api.get(f"orders/{second}/?expand=lines.pegs").body["lines"][0]["pegs"]
    assert [(peg["reference"], peg["qty"]) for peg in pegs] == [("PO-1/1", 5)]
    assert shop.api.get(f"orders/{first}/").body["state"] == "cancelled"


def test_more_than_is_open_is_refused_and_nothing_changes(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    number = shop.order("A-1", "CHAIR", 4)["number"]
    cases = [
        ({"line_no": 1, "qty": 5, "cause": "fraud"}, (409, "cannot_cancel", "qty")),
        ({"line_no": 2, "cause": "fraud"}, (404, "not_found", "line_no")),
        ({"qty": 1, "cause": "fraud"}, (400, "required", "line_no")),
        ({"line_no": 1, "qty": 0, "cause": "fraud"}, (400, "min_value", "qty")),
        ({"line_no": 1}, (400, "required", "cause")),
    ]

    found = [refusal(shop.api.post(f"orders/{number}/cancellations/", body)) for body, _ in cases]

    assert found == [expected for _, expected in cases]
    assert not Cancellation.objects.exists()


def test_what_the_warehouse_has_is_refused_until_it_gives_it_back(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    number = shop.order("A-1", "CHAIR", 4)["number"]
    pick = shop.pick(number)

    refused = shop.api.post(f"orders/{number}/cancellations/", {"cause": "fraud"})
    shop.post(f"pick-requests/{pick['number']}/give-back/", {"cause": "fraud"})
    done = shop.api.post(f"orders/{number}/cancellations/", {"cause": "fraud"})

    assert refusal(refused)[:2] == (409, "with_warehouse")
    assert (done.status_code, Order.objects.get().state) == (201, "cancelled")


def test_a_policy_keeps_the_customer_but_not_the_staff_from_cancelling(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    number = shop.order("A-1", "CHAIR", 4)["number"]
    shop.post("cancellation-policies/", {"name": "never", "self_cancel_until": "never"})

    asked = shop.api.post(f"orders/{number}/cancellations/", {"cause": "customer_request"})
    decided = shop.api.post(f"orders/{number}/cancellations/", {"cause": "fraud"})

    assert refusal(asked)[:2] == (422, "cancellation_not_allowed")
    assert decided.status_code == 201
    assert CancellationPolicy.objects.count() == 1


def test_the_same_key_cancels_once(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    number = shop.order("A-1", "CHAIR", 4)["number"]
    body = {"line_no": 1, "qty": 1, "cause": "fraud"}

    first = shop.api.post(f"orders/{number}/cancellations/", body, HTTP_IDEMPOTENCY_KEY="k-1")
    again = shop.api.post(f"orders/{number}/cancellations/", body, HTTP_IDEMPOTENCY_KEY="k-1")
    other = shop.api.post(f"orders/{number}/cancellations/", {**body, "qty": 2}, HTTP_IDEMPOTENCY_KEY="k-1")

    assert (again["Idempotent-Replay"], again.body) == ("true", first.body)
    assert refusal(other) == (422, "idempotency_mismatch", "Idempotency-Key")
    assert Cancellation.objects.count() == 1
