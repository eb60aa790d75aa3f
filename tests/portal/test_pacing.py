"""How often one address may ask."""

import time

import pytest
from django.test import RequestFactory

from oms.portal.pacing import Pace, address_of


def test_a_burst_and_then_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    pace = Pace(burst=2, per_second=0.5)

    assert [pace.wait("a") for _ in range(3)] == [0.0, 0.0, 2.0]
    assert pace.wait("b") == 0.0
    now += 2
    assert [pace.wait("a") for _ in range(2)] == [0.0, 2.0]


def test_only_what_our_own_proxy_wrote_is_believed(settings: pytest.FixtureRequest) -> None:
    request = RequestFactory().get("/", headers={"x-forwarded-for": "1.1.1.1, 2.2.2.2"})
    settings.SECURE_PROXY_SSL_HEADER = None  # type: ignore[attr-defined]
    assert address_of(request) == "127.0.0.1"

    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # type: ignore[attr-defined]
    assert address_of(request) == "2.2.2.2"
