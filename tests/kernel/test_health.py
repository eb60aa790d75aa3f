"""Liveness asks nobody; readiness names the part that does not answer."""

import pytest
from django.test import Client

from oms import health

pytestmark = pytest.mark.django_db


def test_alive_without_asking_anybody(client: Client, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_ready_when_every_part_answers(client: Client) -> None:
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "migrations": "ok", "broker": "ok"}


@pytest.mark.parametrize("part", ["database", "migrations", "broker"])
def test_not_ready_when_a_part_fails(part: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("gone")

    monkeypatch.setitem(health.PROBES, part, fail)

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {
        **{"status": "failing", "database": "ok", "migrations": "ok", "broker": "ok"},
        part: "failing",
    }


def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="kernel").delete()

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["migrations"]) == (503, "failing")


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/health/ready").status_code == 405
    assert client.post("/health/live").status_code == 405


def test_metrics_are_served(client: Client) -> None:
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert b"django_http_requests_before_middlewares_total" in answer.content
