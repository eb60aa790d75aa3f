"""What-if of a rule: who waits already would be moved, broken or refused; nothing is written."""

from backorders.models import AtpRule, Peg, Promise, ReplanRequest
from tests.api.conftest import Client, Shop


def test_a_rule_that_denies_would_refuse_who_waits(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-20")
    order = shop.order("a", "CHAIR", 3)
    before = (list(Peg.objects.values()), list(Promise.objects.values()), list(AtpRule.objects.values()))
    marks = ReplanRequest.objects.count()

    seen = api.post("atp-rules/preview/", {"name": "none", "mode": "deny", "sku": "CHAIR"})

    assert seen.status_code == 200
    waiting = seen.body["open_demand"]
    assert (waiting["skus"], waiting["skus_looked_at"], waiting["refused"]) == (1, 1, 1)
    line = waiting["lines"][0]
    assert (line["order"], line["qty"], line["refused"]) == (order["number"], 3, "rule_denies")
    assert line["value"] == {"amount": "30.00", "currency": "EUR"}
    assert before == (
        list(Peg.objects.values()),
        list(Promise.objects.values()),
        list(AtpRule.objects.values()),
    )
    assert ReplanRequest.objects.count() == marks


def test_a_shorter_wait_would_refuse_only_who_waits_longer(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-20")
    shop.purchase("PO-2", "CHAIR", 5, "2026-06-20")
    shop.order("a", "CHAIR", 5)
    late = shop.order("b", "CHAIR", 5)

    seen = api.post(f"atp-rules/{shop.rule['id']}/preview/", {"longest_wait_days": 40})

    lines = seen.body["open_demand"]["lines"]
    assert [(line["order"], line["refused"]) for line in lines] == [(late["number"], "wait_too_long")]


def test_what_touches_nobody_moves_nobody(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-20")
    shop.order("a", "CHAIR", 3)

    seen = api.post("atp-rules/preview/", {"name": "none", "mode": "deny", "sku": "LAMP"})

    assert seen.body["open_demand"]["skus"] == 0
    assert seen.body["open_demand"]["lines"] == []
