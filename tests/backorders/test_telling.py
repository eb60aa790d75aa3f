"""What customers are told of their orders: which message, with which facts, how often."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from backorders import telling
from backorders.cancelling import Policies
from backorders.models import Backorder, CancellationPolicy, DelayCase, Promise
from inventory.models import Alternative
from notifications.models import Message
from oms.kernel import actors
from oms.orders import lifecycle
from oms.orders.models import Order, Refund
from tests.queries import same_queries
from tests.world import ANNA, World


def _last(world: World, name: str, kind: str) -> Message:
    return Message.objects.filter(subject_ref=world.numbers[name], kind=kind).latest("pk")


@pytest.fixture
def slipped(world: World) -> World:
    """Eight chairs promised for 12 March of which the supplier says 30 March."""
    world.web.name = "Nordlicht"
    world.web.save()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 8))
    world.slips("PO-7", to="30 Mar")
    world.settle()
    return world


def test_a_confirmation_says_what_was_promised(world: World) -> None:
    world("""
        stock CHAIR 6
        po    PO-7 CHAIR 10 expected 12 Mar
    """)

    world.orders("A", ("CHAIR", 10))

    message = _last(world, "A", "confirmation")
    assert message.key == f"confirmation:{world.numbers['A']}:1r1"
    assert (message.recipient, message.locale) == ("a@example.org", "en")
    assert (message.context["mode"], message.context["partly"]) == ("accidental", True)
    assert message.context["cancel_until"] == "allocated"
    (line,) = message.context["lines"]
    assert (line["state"], line["qty"], line["now_qty"], line["later_qty"]) == ("backorder", 10, 6, 4)
    assert line["ships"]["latest"] == "2026-03-12"
    assert line["charge"]["now"] == {"amount": "200.00", "currency": "EUR"}


def test_a_confirmation_discloses_a_deposit(world: World) -> None:
    world.rule.charge_policy, world.rule.deposit_percent = "deposit", 30
    world.rule.disclosure = "30 % now."
    world.rule.save()
    world("po PO-7 CHAIR 10 expected 12 Mar")

    world.orders("A", ("CHAIR", 1), price=Decimal("19.99"))

    charge = _last(world, "A", "confirmation").context["lines"][0]["charge"]
    assert (charge["now"]["amount"], charge["later"]["amount"]) == ("6.00", "13.99")
    assert charge["disclosure"] == "30 % now."


def test_a_policy_decides_what_is_said_of_cancelling(world: World) -> None:
    CancellationPolicy.objects.create(name="final", self_cancel_until="never")
    world("stock CHAIR 6")

    world.orders("A", ("CHAIR", 1))

    assert _last(world, "A", "confirmation").context["cancel_until"] == "never"


def test_confirming_again_tells_nobody(world: World) -> None:
    world("stock CHAIR 6")
    order = world.orders("A", ("CHAIR", 1))

    telling.confirm_order(Promise.objects.filter(order_line__order=order))

    assert world.told("A") == ["confirmation"]


def test_a_delay_notice_asks_with_both_dates_and_the_cause(slipped: World) -> None:
    message = _last(slipped, "A", "delay_notice")

    (group,) = message.context["groups"]
    (line,) = group["lines"]
    assert (group["mode"], line["qty"], line["cause"]) == ("accidental", 8, "supplier_late")
    assert (line["was"]["latest"], line["now"]["latest"]) == ("2026-03-12", "2026-03-30")
    assert message.context["choices"] == ["cancel", "wait"]
    assert message.context["refund"] == {"amount": "160.00", "currency": "EUR"}
    assert message.context["silence"] == "wait"
    assert message.context["answer_by"] == {"at": "2026-03-09T08:00:00+00:00", "zone": "UTC"}
    assert message.context["is_dated"] is True
    assert (message.state, message.subject) == (
        "sent",
        f"Order {slipped.numbers['A']}: a new date – please choose",
    )


def test_a_notice_carries_a_link_that_is_forgotten_after_the_send(slipped: World) -> None:
    assert _last(slipped, "A", "delay_notice").context["link"].endswith("/c/…/")


def test_the_same_delay_is_told_once(slipped: World) -> None:
    telling.tell_delay(case_ids=[DelayCase.objects.get().pk])

    assert slipped.told("A") == ["confirmation", "delay_notice"]


def test_two_lines_of_one_order_make_one_notice(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 2), ("CHAIR", 3))

    world.slips("PO-7", to="30 Mar")
    world.settle()

    assert world.told("A") == ["confirmation", "delay_notice"]
    (group,) = _last(world, "A", "delay_notice").context["groups"]
    assert [line["qty"] for line in group["lines"]] == [2, 3]


def test_each_mode_of_waiting_is_spoken_of_apart(slipped: World) -> None:
    world = slipped
    world.orders("B", ("CHAIR", 1), ("CHAIR", 1))
    first, second = Promise.objects.filter(order_line__order__number=world.numbers["B"]).order_by("pk")
    Promise.objects.filter(pk=first.pk).update(superseded_at=first.made_at)
    cases = [
        DelayCase.objects.create(
            order_line=promise.order_line,
            promise=promise,
            cause="supplier_late",
            choices=["wait", "cancel"],
            opened_at=promise.made_at,
            answer_by=promise.made_at,
            silence_means=silence,
        )
        for promise, silence in ((first, "wait"), (second, "cancel"))
    ]
    cases[1].promise.basis["mode"] = "made_to_order"

    message = telling._delay_message(
        cases[0].order_line.order, cases, before={}, instead={}, policies=Policies(), link="", zone="UTC"
    )

    assert [group["mode"] for group in message.context["groups"]] == ["accidental", "made_to_order"]
    assert message.context["silence"] is None
    Promise.objects.filter(pk=first.pk).update(superseded_at=None)
    DelayCase.objects.filter(pk__in=[case.pk for case in cases]).delete()


def test_a_notice_offers_the_alternatives_with_their_price(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    for rank, code in enumerate(("STOOL", "BENCH", "SOFA", "PEW"), 1):
        Alternative.objects.create(sku=world.sku("CHAIR"), alternative=world.sku(code), rank=rank)
    world.orders("A", ("CHAIR", 8))

    world.slips("PO-7", to="30 Mar")
    world.settle()

    context = _last(world, "A", "delay_notice").context
    offered = context["groups"][0]["lines"][0]["alternatives"]
    assert [other["title"] for other in offered] == ["Stool", "Bench", "Sofa"]
    assert offered[0]["price"] == {"amount": "20.00", "currency": "EUR"}
    assert context["choices"] == ["cancel", "switch", "wait"]


def test_unpaid_goods_are_not_promised_a_refund(world: World) -> None:
    world.rule.charge_policy = "at_ship"
    world.rule.save()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 8))
    world.slips("PO-7", to="30 Mar")
    world.settle()

    context = _last(world, "A", "delay_notice").context
    assert (context["is_unpaid"], context["refund"]) == (True, None)


def test_a_first_parcel_says_what_is_still_owed(world: World) -> None:
    world("""
        stock CHAIR 2
        po    PO-7 TABLE 1 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 2), ("TABLE", 1))

    world.settle()
    world.ships("A")

    context = _last(world, "A", "partly_shipped").context
    assert context["lines"] == [{"line_no": 1, "qty": 2, "title": "Chair"}]
    assert (context["carrier"], context["waited"]) == ("DHL", True)
    (owed,) = context["owed"]
    assert (owed["qty"], owed["title"], owed["ships"]["latest"]) == (1, "Table", "2026-03-12")


def test_the_last_parcel_owes_nothing(world: World) -> None:
    world("stock CHAIR 2")
    world.orders("A", ("CHAIR", 2))

    world.settle()
    world.ships("A")

    context = _last(world, "A", "shipped").context
    assert (context["owed"], context["waited"]) == ([], False)
    assert Backorder.objects.count() == 0


def test_a_cancellation_names_the_refund_and_its_day(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 3), ("CHAIR", 1))

    world.cancels("A")

    message = _last(world, "A", "cancelled")
    refund = Refund.objects.get()
    assert message.context["refund"] == {"amount": "60.00", "currency": "EUR"}
    assert message.context["refund_by"] == refund.due_on.isoformat()
    assert (message.context["by_customer"], message.context["cause"]) == (True, "customer_request")
    assert [line["qty"] for line in message.context["owed"]] == [1]


def test_a_whole_order_is_cancelled_in_one_message(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = world.orders("A", ("CHAIR", 3), ("CHAIR", 1))

    lifecycle.cancel_order(order_id=order.pk, cause="duplicate", actor=ANNA)

    assert world.told("A") == ["confirmation", "cancelled"]
    context = _last(world, "A", "cancelled").context
    assert [line["qty"] for line in context["lines"]] == [3, 1]
    assert (context["refund"]["amount"], context["owed"]) == ("80.00", [])


def test_a_switch_is_told_by_the_confirmation_of_the_new_line(slipped: World) -> None:
    world = slipped
    world("stock STOOL 20")
    stool = world.sku("STOOL")
    stool.price = Decimal("15")
    stool.save()
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=stool)
    DelayCase.objects.update(choices=["wait", "switch", "cancel"])

    world.customer_chooses("A", "switch", alternative="STOOL")

    assert world.told("A") == ["confirmation", "delay_notice", "confirmation"]
    context = _last(world, "A", "confirmation").context
    (line,) = context["lines"]
    assert context["is_switch"] is True
    assert (line["title"], line["instead_of"]) == ("Stool", "Chair")
    assert line["difference"] == {"amount": "40.00", "currency": "EUR"}


def test_good_news_gives_both_dates(slipped: World) -> None:
    telling.tell_good_news(line_ids=[slipped.line("A").pk])

    (line,) = _last(slipped, "A", "good_news").context["lines"]
    assert (line["was"]["latest"], line["now"]["latest"]) == ("2026-03-12", "2026-03-30")


def test_a_refund_is_told_once(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 3))
    world.cancels("A", 2)
    refunds = [Refund.objects.get().pk]

    telling.tell_refund_sent(refund_ids=refunds)
    telling.tell_refund_sent(refund_ids=refunds)

    assert world.told("A") == ["confirmation", "cancelled", "refund_sent"]
    assert _last(world, "A", "refund_sent").context["refund"]["amount"] == "40.00"


def test_a_long_key_is_kept_short(world: World) -> None:
    order = Order(number="SO-1", customer=world.web.customers.model(email="a@b.c"))

    message = telling._message("cancelled", order, {}, ",".join(map(str, range(1000))))

    assert message.key.startswith("cancelled:SO-1:") and len(message.key) == 55


def test_many_delays_cost_as_many_queries_as_few(world: World) -> None:
    world("po PO-7 CHAIR 1000 expected 12 Mar")

    def cases(rows: int) -> Callable[[], Any]:
        names = [f"{rows}-{number}" for number in range(rows)]
        for name in names:
            world.orders(name, ("CHAIR", 1))
        made = []
        for name in names:
            promise = world.promise(name)
            made.append(
                DelayCase.objects.create(
                    order_line=promise.order_line,
                    promise=promise,
                    cause="supplier_late",
                    choices=["wait", "cancel"],
                    opened_at=promise.made_at,
                    answer_by=promise.made_at,
                ).pk
            )
        return lambda: telling.tell_delay(case_ids=made, links={})

    same_queries(cases)

    assert Message.objects.filter(kind="delay_notice").count() == 33
    DelayCase.objects.all().delete()


def test_customers_are_named_by_no_address_in_the_actor() -> None:
    assert str(actors.customer("link:0123456789ab")) == "customer:link:0123456789ab"
