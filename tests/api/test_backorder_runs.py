"""Backorder runs over REST: started, followed, looked at line by line, lifted; variants saved."""

from collections.abc import Callable
from typing import Any

import pytest

from backorders import running
from backorders.models import BackorderRun, Peg, RunVariant
from tests.api.conftest import Client, Shop
from tests.queries import same_queries


def _work() -> None:
    for run_id in running.unfinished():
        assert not running.work(run_id)


@pytest.fixture
def queue(shop: Shop, api: Client) -> Shop:
    """Two lines, the older on the early purchase; the younger one is the dearer."""
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-20")
    shop.purchase("PO-2", "CHAIR", 5, "2026-04-20")
    shop.order("old", "CHAIR", 5, region="EU")
    shop.order("vip", "CHAIR", 5, region="US")
    return shop


ASKED: dict[str, Any] = {
    "segments": [
        {"filter": {"region": "US"}, "class": "improve"},
        {"filter": {"sku": ["CHAIR"]}, "class": "redistribute", "sort": ["-age"]},
    ]
}


def test_a_run_is_a_job_with_figures_and_lines(queue: Shop, api: Client) -> None:
    started = api.post("backorder-runs/", {**ASKED, "dry_run": False, "note": "VIP first"})
    assert started.status_code == 202
    assert started["Location"] == started.body["url"]
    assert (started.body["state"], started.body["figures"]) == ("queued", {})

    _work()
    done = api.get(started.body["url"]).body

    assert (done["state"], done["dry_run"], done["note"], done["skus"]) == ("done", False, "VIP first", 1)
    figures = done["figures"]
    assert (figures["lines"], figures["promises_broken"], figures["churn"]) == (2, 1, 1.0)
    assert figures["earlier"] == {"lines": 1, "qty": 5, "days": 31}
    assert figures["later"] == {"lines": 1, "qty": 5, "days": 31}
    assert figures["broken_value"] == [{"amount": "50.00", "currency": "EUR"}]
    lines = {line["change"]: line for line in api.get(done["lines_url"]).body["results"]}
    late = lines["later"]
    assert (late["old"], late["new"], late["old_on"], late["new_on"]) == (5, 5, "2026-03-20", "2026-04-20")
    assert (late["class"], late["segment"], late["breaks_promise"]) == ("redistribute", 1, True)
    assert late["lost_to"] == [{"order": lines["earlier"]["order"], "line_no": 1, "qty": 5}]
    assert lines["earlier"]["gained_from"] == [{"order": late["order"], "line_no": 1, "qty": 5}]


def test_a_dry_run_moves_no_claim(queue: Shop, api: Client) -> None:
    before = list(Peg.objects.order_by("pk").values())
    started = api.post("backorder-runs/", ASKED).body

    _work()

    done = api.get(started["url"]).body
    assert (done["state"], done["dry_run"]) == ("done", True)
    assert done["figures"]["earlier"]["lines"] == 1
    assert list(Peg.objects.order_by("pk").values()) == before


def test_the_same_key_starts_one_run(queue: Shop, api: Client) -> None:
    first = api.post("backorder-runs/", ASKED, HTTP_IDEMPOTENCY_KEY="k-1")
    again = api.post("backorder-runs/", ASKED, HTTP_IDEMPOTENCY_KEY="k-1")

    assert again.body == first.body
    assert BackorderRun.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "segments"),
        ({"segments": []}, 400, "segments"),
        ({"segments": "all"}, 400, "segments"),
        ({"segments": [{"class": "winner"}]}, 400, "segments[0].class"),
        ({"segments": [{"filter": {"sku": "NOPE"}}]}, 422, "segments[0].filter.sku"),
        ({"segments": [{"filter": {"channel": [3]}}]}, 400, "segments[0].filter.channel"),
        ({"segments": [{}], "on_exception": "fallback"}, 400, "fallback"),
        ({"segments": [{}], "fallback": "none"}, 422, "fallback"),
        ({"variant": "none"}, 422, "variant"),
        ({"segments": [{}], "dry_run": "yes"}, 400, "dry_run"),
        ({"segments": [{}], "speed": 9}, 400, "speed"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    api: Client, shop: Shop, body: dict[str, Any], status: int, field: str
) -> None:
    answer = api.post("backorder-runs/", body)

    assert (answer.status_code, answer.body["error"]["field"]) == (status, field)
    assert not BackorderRun.objects.exists()


def test_lines_are_picked_out_and_read_in_a_fixed_number_of_queries(queue: Shop, api: Client) -> None:
    run = api.post("backorder-runs/", ASKED).body
    _work()

    def lines(query: str) -> list[str]:
        return [line["change"] for line in api.get(f"{run['lines_url']}?{query}").body["results"]]

    assert lines("change=later") == ["later"]
    assert lines("breaks_promise=true") == ["later"]
    assert lines("class=improve") == ["earlier"]
    assert lines("exception=true") == []
    assert lines("sku=NOPE") == []

    queue.purchase("PO-3", "CHAIR", 99, "2026-05-20")

    def prepared(rows: int) -> Callable[[], object]:
        for number in range(rows):
            queue.order(f"more-{rows}-{number}", "CHAIR", 1)
        fresh = api.post("backorder-runs/", ASKED).body
        _work()
        return lambda: api.get(fresh["lines_url"])

    assert same_queries(prepared) <= 8


def test_a_written_run_is_lifted(queue: Shop, api: Client) -> None:
    run = api.post("backorder-runs/", {**ASKED, "dry_run": False}).body
    _work()

    lifted = api.post(f"backorder-runs/{run['id']}/lift/")

    assert lifted.status_code == 200
    assert lifted.body["lifted_at"] is not None
    dry = api.post("backorder-runs/", ASKED).body
    _work()
    refused = api.post(f"backorder-runs/{dry['id']}/lift/")
    assert (refused.status_code, refused.body["error"]["code"]) == (409, "conflict")


def test_a_key_of_one_channel_neither_starts_nor_sees_runs(
    queue: Shop, api: Client, api_of: Callable[..., Client]
) -> None:
    from oms.orders.models import Channel

    run = api.post("backorder-runs/", ASKED).body
    own = api_of("web", channel=Channel.objects.get(code="WEB"))

    assert own.post("backorder-runs/", ASKED).status_code == 403
    assert own.get(run["url"]).status_code == 404
    assert own.get("backorder-runs/").body["results"] == []
    assert BackorderRun.objects.count() == 1


def test_a_reader_may_look_but_not_start(queue: Shop, api: Client, api_of: Callable[..., Client]) -> None:
    reader = api_of("reader", scopes=["read"])

    assert reader.post("backorder-runs/", ASKED).status_code == 403
    assert reader.get("backorder-runs/").status_code == 200


def test_a_variant_is_saved_changed_and_run(queue: Shop, api: Client) -> None:
    made = api.post("run-variants/", {"name": "VIP first", **ASKED, "nightly": True})
    assert made.status_code == 201
    assert made.body["segments"][0] == {
        "filter": {"region": ["US"]},
        "class": "improve",
        "sort": [],
        "share": None,
    }
    where = f"run-variants/{made.body['id']}/"
    assert api.patch(where, {"nightly": False}).status_code == 428
    changed = api.patch(where, {"segments": [{"class": "skip"}]}, HTTP_IF_MATCH=made["ETag"])
    assert (changed.status_code, changed.body["version"]) == (200, 2)

    run = api.post("backorder-runs/", {"variant": "VIP first", "dry_run": False}).body
    _work()

    assert run["variant"] == "VIP first"
    last = api.get(where).body["last_run"]
    assert (last["id"], last["state"]) == (run["id"], "done")
    assert api.delete(where, HTTP_IF_MATCH=changed["ETag"]).status_code == 204
    assert api.get(run["url"]).body["variant"] is None


def test_a_variant_that_cannot_be_is_refused(api: Client, shop: Shop) -> None:
    bad = api.post("run-variants/", {"name": "bad", "segments": [{"class": "best"}]})
    none = api.post("run-variants/", {"name": "bad", "segments": [{}], "on_exception": "fallback"})

    assert (bad.status_code, bad.body["error"]["field"]) == (400, "segments[0].class")
    assert (none.status_code, none.body["error"]["field"]) == (400, "fallback")
    assert not RunVariant.objects.exists()


def test_the_nightly_variants_are_written(queue: Shop, api: Client) -> None:
    from backorders import tasks

    api.post("run-variants/", {"name": "by night", **ASKED, "nightly": True})
    api.post("run-variants/", {"name": "by day", **ASKED})

    assert tasks.start_nightly_runs() == 1
    _work()

    run = BackorderRun.objects.get()
    assert run.variant is not None
    assert (run.variant.name, run.is_dry, run.state, run.created_by) == (
        "by night",
        False,
        "done",
        "job:nightly",
    )
