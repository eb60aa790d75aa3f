"""Bulk writes: the same rows as one by one, in a few statements whatever their number."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from inventory.models import Location, Sku, Supply
from notifications.models import Message
from oms.kernel import bulk, clock
from oms.kernel.models import EventLog
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
MANY = bulk.FEW + 1


def _events(number: int) -> list[EventLog]:
    return [
        EventLog(
            name="X",
            at=clock.now(),
            by="me",
            subject=f"tab\there {n} \\",
            payload={"n": n, "é": [None, "\n"]},
        )
        for n in range(number)
    ]


@pytest.mark.parametrize("number", [0, 3, MANY])
def test_rows_come_back_as_they_went_in_with_their_ids(number: int) -> None:
    made = bulk.insert(EventLog, _events(number))

    kept = {row.pk: (row.subject, row.payload) for row in EventLog.objects.all()}
    assert kept == {row.pk: (row.subject, row.payload) for row in made}
    assert len(kept) == number
    # The sequence went along: the next row gets an id of its own.
    EventLog.objects.create(name="Y", at=clock.now(), by="me", payload={})


def test_many_rows_take_two_statements() -> None:
    rows = _events(MANY)

    assert len(queries_of(lambda: bulk.insert(EventLog, rows))) <= 2


@pytest.mark.parametrize("number", [3, MANY])
def test_a_constraint_refuses_them_all(number: int) -> None:
    place = Location.objects.create(code="L")
    sku = Sku.objects.create(code="S")
    rows = [Supply(sku=sku, location=place, kind="purchase", quantity=n) for n in range(number)]
    rows[-1].quantity = -1

    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Supply, rows)

    assert not Supply.objects.exists()


@pytest.mark.parametrize("number", [3, MANY])
def test_what_is_known_stays_as_it_is(number: int) -> None:
    def message(n: int, locale: str) -> Message:
        return Message(
            key=f"k{n}",
            kind="shipped",
            recipient="a@example.org",
            locale=locale,
            due_at=clock.now(),
            created_at=clock.now(),
        )

    Message.objects.create(
        **{
            f: getattr(message(1, "de"), f)
            for f in ("key", "kind", "recipient", "locale", "due_at", "created_at")
        }
    )

    bulk.insert_unknown(Message, [message(n, "en") for n in range(number)])

    assert Message.objects.count() == number
    assert Message.objects.get(key="k1").locale == "de"


def test_each_row_is_put_to_values_of_its_own() -> None:
    place, sku = Location.objects.create(code="L"), Sku.objects.create(code="S")
    one, two, other = Supply.objects.bulk_create(
        Supply(sku=sku, location=place, kind="purchase", quantity=1, ready_on=date(2026, 3, 1))
        for _ in range(3)
    )

    bulk.put(Supply, ("ready_on", "reference"), {one.pk: (date(2026, 4, 1), "PO '1'"), two.pk: (None, "")})

    assert list(Supply.objects.order_by("pk").values_list("ready_on", "reference")) == [
        (date(2026, 4, 1), "PO '1'"),
        (None, ""),
        (date(2026, 3, 1), other.reference),
    ]


def test_any_number_of_ids_is_one_value() -> None:
    skus = Sku.objects.bulk_create(Sku(code=f"S{n}") for n in range(5))

    found = Sku.objects.filter(pk__in=bulk.ids([skus[1].pk, skus[3].pk]))

    assert set(found.values_list("code", flat=True)) == {"S1", "S3"}
    assert not Sku.objects.filter(pk__in=bulk.ids([])).exists()
