"""Europe, Britain, California, businesses; and the days when clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from backorders import cancelling, shipped_law
from backorders.models import Campaign, CancellationPolicy, Deadline
from backorders.rules.law import STARTING_LAW, countries_of
from inventory.models import Location
from notifications.models import LetterTemplate, Message
from oms.kernel import clock
from oms.kernel.errors import DomainError
from oms.orders.drafts import CustomerDraft
from oms.orders.models import Refund
from tests.journeys.law import delivers, ended, ordered, slips, sweeps, there
from tests.world import World

FIRM = CustomerDraft(external_id="firm", email="firm@example.org", name="Firm", is_consumer=False)


def test_a_consumer_in_europe_may_always_withdraw_before_it_ships(
    world: World, frozen: clock.Journey
) -> None:
    CancellationPolicy.objects.create(name="never", self_cancel_until="never", refund_days=60)
    ordered(world, date(2026, 9, 1), country="DE", state_code="", currency="EUR")
    frozen.move_to(datetime(2026, 10, 1, 10, tzinfo=UTC))

    world.cancels("A", cause="customer_request")

    assert ended(world)[1:3] == (date(2026, 10, 1), date(2026, 10, 15))


def test_a_business_is_bound_by_the_shop_s_own_policy(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="never", self_cancel_until="never")
    ordered(world, date(2026, 9, 1), country="DE", state_code="", customer=FIRM)

    with pytest.raises(DomainError) as refusal:
        world.cancels("A", cause="customer_request")

    assert refusal.value.code == "cancellation_not_allowed"
    assert world.line("A").open_qty == 1
    assert not Refund.objects.exists()


def test_nothing_ends_by_itself_in_europe(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1), country="FR", state_code="")
    missed = Deadline.objects.get()
    assert (missed.kind, missed.last_on, missed.zone) == ("missed", date(2026, 10, 1), "Europe/Paris")

    assert sweeps(frozen, there(date(2026, 10, 2), 1, "Europe/Paris")) == 0

    missed.refresh_from_db()
    assert (missed.closed_because, world.line("A").open_qty) == ("missed", 1)


@pytest.mark.parametrize(
    ("shipped_on", "delivered_on", "closed_because"),
    [
        (date(2026, 9, 30), None, "delivered"),  # Assumed: the carrier needs no day here.
        (date(2026, 9, 30), date(2026, 10, 1), "delivered"),
        (date(2026, 9, 30), date(2026, 10, 2), "missed"),
        (date(2026, 9, 28), date(2026, 9, 29), "delivered"),
    ],
)
def test_europe_counts_to_the_delivery(
    world: World,
    frozen: clock.Journey,
    shipped_on: date,
    delivered_on: date | None,
    closed_because: str,
) -> None:
    ordered(world, date(2026, 9, 1), country="FR", state_code="")
    frozen.move_to(there(shipped_on, 10, "Europe/Paris"))
    world.receives("PO-7", 1)
    world.settle()
    world.ships("A")
    missed = Deadline.objects.get()
    assert (missed.closed_at, missed.last_on) == (None, date(2026, 10, 1))
    if delivered_on:
        frozen.move_to(there(delivered_on, 12, "Europe/Paris"))
        delivers(world)

    sweeps(frozen, there(date(2026, 10, 2), 13, "Europe/Paris"))

    missed.refresh_from_db()
    assert missed.closed_because == closed_because


def test_transit_days_that_lead_past_the_limit_are_a_miss(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1), country="FR", state_code="")
    frozen.move_to(there(date(2026, 9, 30), 10, "Europe/Paris"))
    world.receives("PO-7", 1)
    world.settle()
    Location.objects.update(transit_default=2)
    world.ships("A")

    sweeps(frozen, there(date(2026, 10, 2), 1, "Europe/Paris"))

    assert Deadline.objects.get().closed_because == "missed"


def test_america_counts_to_the_carriers_scan(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1))
    frozen.move_to(there(date(2026, 9, 30)))
    world.receives("PO-7", 1)
    world.settle()

    world.ships("A")

    assert not Deadline.objects.filter(closed_at=None).exists()


def test_one_campaign_treats_each_country_by_its_own_law(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1), country="NO", state_code="")
    buyers = {"NY": ("US", "NY"), "LA": ("US", "CA"), "BER": ("DE", ""), "LON": ("GB", ""), "TYO": ("JP", "")}
    for name, (country, state) in buyers.items():
        world.orders(name, ("CHAIR", 1), country=country, state_code=state)
    world.orders("FIRM", ("CHAIR", 1), country="DE", customer=FIRM)

    slips(world, frozen, date(2026, 9, 25), "15 Nov")

    meant = {name: case.silence_means for name in world.numbers if (case := world.open_case(name))}
    assert meant == {
        "A": "wait",
        "NY": "cancel",
        "LA": "cancel",
        "BER": "wait",
        "LON": "wait",
        "TYO": "wait",
        "FIRM": "wait",
    }
    assert Campaign.objects.count() == 1
    # Five who said nothing wait on; two the law ends.
    assert sweeps(frozen, there(date(2026, 11, 1), 5, "America/Los_Angeles")) == 7
    assert {name: world.line(name).open_qty for name in world.numbers} == {
        "A": 1,
        "NY": 0,
        "LA": 0,
        "BER": 1,
        "LON": 1,
        "TYO": 1,
        "FIRM": 1,
    }
    assert {name: ended(world, name)[1:3] for name in ("NY", "LA")} == {
        "NY": (date(2026, 11, 1), date(2026, 11, 10)),
        "LA": (date(2026, 11, 1), date(2026, 11, 8)),
    }


def test_california_wants_the_money_within_a_week(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1), state_code="CA")
    slips(world, frozen, date(2026, 9, 28), "20 Oct")
    frozen.move_to(there(date(2026, 10, 9)))

    world.customer_chooses("A", "CANCEL")

    assert ended(world)[1:] == (date(2026, 10, 9), date(2026, 10, 16), date(2026, 10, 16))
    assert Deadline.objects.filter(kind="end").latest("pk").zone == "America/Los_Angeles"


@pytest.mark.parametrize(
    ("country", "state", "promised", "due_at"),
    [
        ("US", "NY", "31 Oct", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ("US", "NY", "1 Nov", datetime(2026, 11, 2, 5, tzinfo=UTC)),
        ("US", "CA", "31 Oct", datetime(2026, 11, 1, 7, tzinfo=UTC)),
        ("US", "AZ", "1 Nov", datetime(2026, 11, 2, 7, tzinfo=UTC)),
        ("DE", "", "23 Oct", datetime(2026, 10, 23, 22, tzinfo=UTC)),
        ("DE", "", "26 Oct", datetime(2026, 10, 26, 23, tzinfo=UTC)),
        ("GB", "", "23 Oct", datetime(2026, 10, 23, 23, tzinfo=UTC)),
        ("GB", "", "26 Oct", datetime(2026, 10, 27, 0, tzinfo=UTC)),
    ],
)
def test_a_day_ends_where_the_customer_is_also_when_clocks_change(
    world: World, frozen: clock.Journey, country: str, state: str, promised: str, due_at: datetime
) -> None:
    frozen.move_to(datetime(2026, 9, 1, 12, tzinfo=UTC))
    shipped_law.add_missing()
    world(f"po PO-7 CHAIR 10 expected {promised}")

    world.orders("A", ("CHAIR", 1), country=country, state_code=state)

    due = Deadline.objects.exclude(kind="notice").get()
    assert due.due_at == due_at
    assert sweeps(frozen, due_at - timedelta(seconds=1)) == 0
    due.refresh_from_db()
    assert due.closed_at is None
    sweeps(frozen, due_at)
    due.refresh_from_db()
    assert due.closed_at == due_at


@pytest.mark.parametrize(
    ("to", "words"), [("20 Oct", "Delay: 19 days"), ("29 Oct", "Delay: 4 weeks"), ("2 Oct", "Delay: 1 day")]
)
def test_california_reads_how_long_the_delay_is(
    world: World, frozen: clock.Journey, to: str, words: str
) -> None:
    ordered(world, date(2026, 9, 1), state_code="CA")

    slips(world, frozen, date(2026, 9, 20), to)

    notice = Message.objects.get(kind="delay_notice")
    assert words in notice.text
    assert "you get a full refund of $20.00, sent within 7 days" in " ".join(notice.text.split())


def test_own_words_do_not_leave_the_duration_out(world: World, frozen: clock.Journey) -> None:
    body = "Subject: Late\n{{ order }} is late, choose by {{ answer_by|moment }}: {{ link }}"
    LetterTemplate.objects.create(kind="delay_notice", body=body)
    ordered(world, date(2026, 9, 1), state_code="CA")

    slips(world, frozen, date(2026, 9, 20), "20 Oct")

    assert "Delay of 1 × Chair: 19 days." in Message.objects.get(kind="delay_notice").text


def test_elsewhere_dates_are_enough(world: World, frozen: clock.Journey) -> None:
    ordered(world, date(2026, 9, 1))

    slips(world, frozen, date(2026, 9, 20), "20 Oct")

    notice = Message.objects.get(kind="delay_notice")
    assert "Delay:" not in notice.text
    assert "sent within 11 days" in " ".join(notice.text.split())  # Seven working days.


@pytest.mark.parametrize(
    ("country", "locale", "words"),
    [
        ("DE", "de", "Widerrufsrecht: Als Verbraucherin"),
        ("NO", "en", "Right of withdrawal: as a consumer"),
        ("GB", "en", "until 14 days after the last of your goods"),
        ("FR", "fr", "Droit de rétractation"),
        ("ES", "es", "Derecho de desistimiento"),
        ("US", "en", ""),
    ],
)
def test_a_confirmation_tells_of_the_right_to_withdraw(
    world: World, frozen: clock.Journey, country: str, locale: str, words: str
) -> None:
    buyer = CustomerDraft(external_id="b", email="b@example.org", name="B", locale=locale)

    ordered(world, date(2026, 9, 1), country=country, state_code="", customer=buyer)

    letter = " ".join(Message.objects.get(kind="confirmation").text.split())
    assert words in letter
    assert ("ithdraw" in letter) is (bool(words) and locale == "en")


def test_who_may_cancel_by_law_is_asked_of_the_line(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="never", self_cancel_until="never")
    ordered(world, date(2026, 9, 1))
    before = cancelling.may_cancel(world.line("A"))
    slips(world, frozen, date(2026, 9, 28), "20 Oct")

    told = cancelling.may_cancel(world.line("A"))

    assert (before.ok, before.why) == (False, "past_the_policy")
    assert (told.ok, told.why) == (True, "allowed_by_law")


def test_a_union_is_not_a_country_of_its_own() -> None:
    assert countries_of("DE") == {"DE", "EU"}
    assert countries_of("GB") == {"GB"}
    assert countries_of("") == frozenset()
    assert len({row.id for row in STARTING_LAW}) == len(STARTING_LAW)
