"""The outbox: a key is told once, and only the law makes us keep what has no address."""

from datetime import timedelta

import pytest
from django.db import transaction

from notifications.models import Message
from notifications.outbox import tell
from oms.kernel import clock
from oms.kernel.errors import InvalidValue
from tests.conftest import FROZEN_AT
from tests.notifications.messages import new, told
from tests.queries import same_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def test_it_keeps_a_message_due_at_once() -> None:
    message = told(7, locale="de-AT")

    assert (message.state, message.due_at, message.created_at) == ("queued", FROZEN_AT, FROZEN_AT)
    assert (message.kind, message.recipient, message.locale) == ("confirmation", "c7@example.org", "de")
    assert (message.channel, message.subject_ref) == ("email", "SO-7")


def test_it_waits_for_a_later_instant() -> None:
    later = clock.now() + timedelta(hours=3)

    assert told(due_at=later).due_at == later


def test_the_same_key_is_told_once() -> None:
    first = told(1)

    tell(messages=[new(1, recipient="other@example.org"), new(2)])

    assert Message.objects.count() == 2
    assert Message.objects.get(key=first.key).recipient == "c1@example.org"


def test_a_message_vanishes_with_its_cause() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(messages=[new(1)])
        raise RuntimeError

    assert Message.objects.count() == 0


def test_without_an_address_only_what_the_law_wants_is_kept() -> None:
    number = tell(messages=[new(1, recipient=""), new(2, kind="delay_notice", recipient="")])

    assert number == 1
    assert list(Message.objects.values_list("kind", flat=True)) == ["delay_notice"]


def test_an_unknown_kind_is_refused_and_nothing_kept() -> None:
    with pytest.raises(InvalidValue, match="no message of kind 'advert'"):
        tell(messages=[new(1), new(2, kind="advert")])

    assert Message.objects.count() == 0


def test_many_cost_as_many_queries_as_few() -> None:
    same_queries(lambda rows: lambda: tell(messages=[new(rows * 100 + n) for n in range(rows)]))
