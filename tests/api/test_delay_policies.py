"""/delay-policies/: the law of delay as rows."""

from typing import Any

from backorders import shipped_law
from backorders.models import DelayPolicy
from tests.api.conftest import Client, Shop, refusal

ROW: dict[str, Any] = {
    "name": "Ruritania",
    "source": "https://law.example/ruritania",
    "country": "US",
    "state": "NY",
    "channel": "WEB",
    "consumers_only": True,
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "clock": "deliver",
    "default_days": 20,
    "credit_days": 40,
    "lapses": True,
    "consent_days": 15,
    "cause_needed": True,
    "told_as_duration": True,
    "extra_period": True,
    "may_end_late_part": True,
    "substitute_asked": True,
    "fee_forbidden": True,
    "withdrawal_days": 14,
    "uninformed_months": 12,
    "online_withdrawal": True,
    "refund_days": 5,
    "refund_count": "working",
    "refund_target_days": 3,
    "keep_record_years": 7,
    "active": True,
}


def test_a_row_of_law_is_written_read_changed_and_removed(shop: Shop) -> None:
    made = shop.api.post("delay-policies/", ROW)
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    silence = {"first_short": "wait", "otherwise": "cancel"}
    assert made.body == {"id": made.body["id"], "version": 1, "code": "", "silence": silence, **ROW}
    path = f"delay-policies/{made.body['id']}/"
    assert refusal(shop.api.patch(path, {"default_days": 25}))[0] == 428

    changed = shop.api.patch(path, {"default_days": 25}, HTTP_IF_MATCH='"1"').body
    stale = shop.api.patch(path, {"default_days": 26}, HTTP_IF_MATCH='"1"')

    assert (changed["default_days"], changed["version"], changed["consent_days"]) == (25, 2, 15)
    assert refusal(stale)[0] == 412
    assert shop.api.put(path, {**ROW, "consent_days": None}, HTTP_IF_MATCH='"2"').body["silence"] == {
        "first_short": "cancel",
        "otherwise": "cancel",
    }
    assert shop.api.delete(path, HTTP_IF_MATCH='"3"').status_code == 204
    assert not DelayPolicy.objects.exists()
    assert DelayPolicy.history.count() == 4


def test_the_shipped_rows_link_their_sources(shop: Shop) -> None:
    shipped_law.add_missing()

    rows = shop.api.get("delay-policies/?ordering=id").body["results"]
    [california] = shop.api.get("delay-policies/?country=US&state=CA").body["results"]

    assert [row["code"] for row in rows] == list(shipped_law.SHIPPED)
    assert all(row["source"].startswith("https://") for row in rows)
    assert (california["told_as_duration"], california["refund_days"]) == (True, 7)


def test_what_cannot_be_meant_is_named(shop: Shop) -> None:
    def refused(**wrong: Any) -> Any:
        return refusal(shop.api.post("delay-policies/", {**ROW, **wrong}))

    assert refused(default_days=None) == (400, "required", "default_days")
    assert refused(country="", state="NY") == (400, "required", "country")
    assert refused(country="usa")[2] == "country"
    assert refused(source="not a link")[2] == "source"
    assert refused(valid_to="2025-12-31") == (400, "out_of_order", "valid_to")
    assert refused(withdrawal_days=-1)[2] == "withdrawal_days"
    assert refused(clock="wait")[2] == "clock"
    assert refused(channel="X") == (422, "unknown_reference", "channel")
    assert not DelayPolicy.objects.exists()


def test_a_preview_says_by_which_law_lines_would_stand(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-05-12")
    shop.order("A-1", "CHAIR", 1)

    asked = {"default_days": 12, "name": "everywhere"}
    seen = shop.api.post("delay-policies/preview/", asked).body

    [change] = seen["changed"]
    assert (change["before"], change["after"]["default_days"]) == (None, 12)
    assert not DelayPolicy.objects.exists()


def test_a_client_that_may_only_read_writes_nothing(shop: Shop, api_of: Any) -> None:
    reader: Client = api_of("reader", ["read"])

    assert reader.post("delay-policies/", ROW).status_code == 403
    assert reader.get("delay-policies/").body["results"] == []
