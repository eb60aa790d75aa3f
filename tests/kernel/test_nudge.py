"""Nudges: after commit, once each, and never a reason for a request to fail."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from kombu import Connection
from kombu.exceptions import OperationalError

from oms.kernel import nudge

pytestmark = pytest.mark.django_db(transaction=True)
REPLAN = "backorders.tasks.replan_marked"
DELIVER = "notifications.tasks.deliver_due"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, tuple[int, ...]]]]:
    """What reached the broker, in order."""
    heard: list[tuple[str, tuple[int, ...]]] = []
    monkeypatch.setattr(nudge, "_ring", heard.extend)
    yield heard


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """An empty broker in memory, as if this process had just started."""
    nudge._quick_connection.cache_clear()
    monkeypatch.setattr(nudge._broker, "away_until", 0.0)
    monkeypatch.setattr(nudge._broker, "runs_at", {})
    with nudge._quick_connection().clone() as connection:
        connection.SimpleQueue("celery").clear()
        yield connection
    nudge._quick_connection.cache_clear()


def test_a_nudge_waits_for_the_commit(rung: list[Any]) -> None:
    with transaction.atomic():
        nudge.nudge(REPLAN, 7)

        assert rung == []

    assert rung == [(REPLAN, (7,))]


def test_a_rollback_takes_its_nudges_along(rung: list[Any]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        nudge.nudge(REPLAN, 7)
        raise RuntimeError

    with transaction.atomic():
        nudge.nudge(REPLAN, 8)

    assert rung == [(REPLAN, (8,))]


def test_the_same_nudge_rings_once_per_transaction(rung: list[Any]) -> None:
    with transaction.atomic():
        for _ in range(3):
            nudge.nudge(REPLAN, 7)
            nudge.nudge(DELIVER)

    assert rung == [(REPLAN, (7,)), (DELIVER, ())]

    with transaction.atomic():
        nudge.nudge(REPLAN, 7)

    assert rung == [(REPLAN, (7,)), (DELIVER, ()), (REPLAN, (7,))]


def test_other_ids_are_another_nudge(rung: list[Any]) -> None:
    with transaction.atomic():
        for number in (1, 2, 1):
            nudge.nudge(REPLAN, number)

    assert rung == [(REPLAN, (1,)), (REPLAN, (2,))]


def test_a_rolled_back_savepoint_loses_only_its_own_nudges(rung: list[Any]) -> None:
    with transaction.atomic():
        nudge.nudge(REPLAN, 1)
        with pytest.raises(RuntimeError), transaction.atomic():
            nudge.nudge(REPLAN, 2)
            raise RuntimeError
        nudge.nudge(REPLAN, 3)

    assert rung == [(REPLAN, (1,)), (REPLAN, (3,))]


def test_outside_a_transaction_it_rings_at_once(rung: list[Any]) -> None:
    nudge.nudge(REPLAN, 7)

    assert rung == [(REPLAN, (7,))]


def test_the_task_reaches_the_queue_by_name_and_ids(broker: Connection) -> None:
    nudge.nudge(REPLAN, 7, 8)

    message = broker.SimpleQueue("celery").get(timeout=1)

    assert message.headers["task"] == REPLAN
    assert message.payload[0] == [7, 8]


def test_an_absent_broker_is_survived_and_left_alone(
    broker: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    def refuse(name: str, **_: Any) -> None:
        tried.append(name)
        raise OperationalError("no route to the broker")

    monkeypatch.setattr(current_app, "send_task", refuse)

    nudge.nudge(REPLAN, 1)
    nudge.nudge(REPLAN, 2)

    assert tried == [REPLAN]
    assert "no route to the broker" in caplog.text


def test_a_broker_is_asked_again_after_a_while(broker: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nudge._broker, "away_until", time.monotonic() - 0.001)

    nudge.nudge(REPLAN, 1)

    assert broker.SimpleQueue("celery").get(timeout=1).payload[0] == [1]


def test_ping_answers_for_a_broker_that_is_there(broker: Connection) -> None:
    nudge.ping()


def test_ping_raises_for_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Connection("redis://127.0.0.1:1/0")
    monkeypatch.setattr(nudge, "_quick_connection", lambda: nobody)

    with pytest.raises(OperationalError):
        nudge.ping()


def test_a_stream_of_commits_asks_for_a_job_now_and_once_more_for_the_rest(
    broker: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pauses: list[float] = []

    def heard(*_: object, countdown: float | None, **__: object) -> None:
        pauses.append(countdown or 0.0)

    monkeypatch.setattr(current_app, "send_task", heard)

    for _ in range(5):
        nudge.nudge(DELIVER)
    assert pauses == [0.0, nudge.BREATH]

    # The second one has not run yet: it will find what is committed now.
    now[0] += nudge.BREATH * 0.9
    nudge.nudge(DELIVER)
    assert pauses == [0.0, nudge.BREATH]

    # It runs from here on; what is committed now needs another one.
    now[0] += nudge.BREATH * 0.2
    nudge.nudge(DELIVER)
    assert pauses == [0.0, nudge.BREATH, nudge.BREATH]

    now[0] += 3 * nudge.BREATH
    nudge.nudge(DELIVER)
    assert pauses == [0.0, nudge.BREATH, nudge.BREATH, 0.0]
