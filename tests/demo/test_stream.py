"""The excerpt as an order stream: it ends today, and its people are invented."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from oms.demo import stream
from oms.demo.columns import RetailLine
from oms.demo.people import person

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def line(at: datetime, **more: object) -> RetailLine:
    """A line of the excerpt."""
    given: dict[str, object] = {
        "row": 1, "invoice": "1", "kind": "sale", "sku": "A", "qty": 1, "price": Decimal(1),
        "customer": "7", "country": "UK",
    }  # fmt: skip
    return RetailLine(**{**given, "at": at, **more})  # type: ignore[arg-type]


def test_the_last_day_becomes_today_and_the_others_keep_their_hour() -> None:
    first = line(datetime(2010, 11, 12, 9, 30, tzinfo=UTC))
    last = line(datetime(2010, 11, 14, 16, 0, tzinfo=UTC))

    moved = stream.ending_at([first, last], NOON)

    assert [each.at for each in moved] == [
        datetime(2026, 2, 28, 9, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    ]


def test_nothing_of_today_lies_ahead_whatever_the_hour() -> None:
    evening = line(datetime(2010, 11, 14, 23, 59, tzinfo=UTC))
    soon = datetime(2026, 3, 2, 0, 5, tzinfo=UTC)

    [moved] = stream.ending_at([evening], soon)

    assert datetime(2026, 3, 2, tzinfo=UTC) <= moved.at < soon


def test_summer_time_does_not_move_an_hour() -> None:
    summer = line(datetime(2010, 10, 1, 8, 30, tzinfo=UTC))
    winter = line(datetime(2010, 11, 14, 9, 0, tzinfo=UTC))

    moved = stream.ending_at([summer, winter], NOON)

    assert moved[0].at.hour == 9


def test_eight_weeks_of_invoices_end_today() -> None:
    found = stream.invoices(NOON)

    assert sum(len(invoice.lines) for invoice in found) == 2993
    assert found[0].at.date() == date(2026, 1, 6)
    assert found[-1].at.date() == date(2026, 3, 2)
    assert found == sorted(found, key=lambda invoice: invoice.at)
    numbers = [invoice.number for invoice in found if invoice.kind == "sale"]
    assert len(numbers) == len(set(numbers)) == 450


def test_small_keeps_some_invoices_of_the_last_days_whole() -> None:
    every = {invoice.number: invoice for invoice in stream.invoices(NOON)}

    some = [invoice for invoice in stream.invoices(NOON, one_in=6, days=9) if invoice.kind == "sale"]

    assert 20 < len(some) < 60
    assert all(len(every[invoice.number].lines) == len(invoice.lines) for invoice in some)


def test_every_channel_region_and_language_occurs() -> None:
    found = [invoice for invoice in stream.invoices(NOON) if invoice.kind == "sale"]

    assert {invoice.channel for invoice in found} == {"WEB", "SHOPIFY", "AMAZON", "WHOLESALE"}
    assert {invoice.person.region for invoice in found} == {"UK", "EU", "WORLD"}
    assert {invoice.person.draft.locale for invoice in found} == {"en", "de", "fr", "es"}


def test_a_number_is_always_the_same_person_at_an_example_address() -> None:
    someone = person("17850", is_business=False)

    assert someone == person("17850", is_business=False)
    assert someone.draft.email.endswith("@example.org")
    assert person("17850", is_business=True).draft.email.endswith("@example.com")


@pytest.mark.parametrize("number", [str(n) for n in range(200)])
def test_addresses_are_plain_letters(number: str) -> None:
    draft = person(number, is_business=False).draft

    assert draft.email.isascii()
    assert " " not in draft.email
    assert draft.name.strip() == draft.name


def test_daily_units_are_means_by_sku_and_region() -> None:
    [invoice] = [
        invoice for invoice in stream.invoices(NOON) if invoice.number == _first_sale(stream.invoices(NOON))
    ]

    units = stream.daily_units([invoice], 2)

    assert sum(units.values()) == sum(each.qty for each in invoice.lines) / 2
    assert {region for _, region in units} == {invoice.person.region}


def _first_sale(found: list[stream.Invoice]) -> str:
    return next(invoice.number for invoice in found if invoice.kind == "sale")
