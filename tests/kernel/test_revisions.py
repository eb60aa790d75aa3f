"""Policies kept in memory: read again when they changed, and held steady within one decision."""

import pytest

from backorders import rulebook
from backorders.models import Cap
from oms.kernel import revisions
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


def test_a_change_is_seen_at_once() -> None:
    assert [cap.name for cap in rulebook.current().caps] == []

    Cap.objects.create(name="new")

    assert [cap.name for cap in rulebook.current().caps] == ["new"]


def test_a_decision_looks_at_the_revision_once() -> None:
    rulebook.current()

    def decide() -> None:
        with revisions.steady():
            assert rulebook.current() is rulebook.current()

    assert len(queries_of(decide)) == 1


def test_after_a_decision_changes_are_seen_again() -> None:
    rulebook.current()

    with revisions.steady():
        Cap.objects.create(name="new")
        assert [cap.name for cap in rulebook.current().caps] == []

    assert [cap.name for cap in rulebook.current().caps] == ["new"]
