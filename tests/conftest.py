"""What every test may use: a clock that stands still; and what none may do: call out under a lock."""

import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from oms.kernel import clock

# A Monday in the middle of a month, early in the day everywhere in Europe.
FROZEN_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def frozen() -> Iterator[clock.Journey]:
    """Time stands still at `FROZEN_AT` until the test moves it."""
    with clock.travel(FROZEN_AT) as journey:
        yield journey


@pytest.fixture(autouse=True)
def never_calls_out_under_a_lock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket inside a transaction of ours fails, for locks are held as long as it takes."""
    depth = _Depth()
    request.node.stash[_DEPTH] = depth
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if depth.is_deeper():
            raise AssertionError(f"a call to {address} inside a transaction")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


class _Depth:
    """How deep in transactions a thread is, beyond those that its test itself runs in."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        # Until its fixtures are set up a test may be as deep as it likes.
        self.of_test = sys.maxsize

    def now(self) -> int:
        return connection.in_atomic_block + len(connection.savepoint_ids)

    def is_deeper(self) -> bool:
        return self.now() > (self.of_test if threading.get_ident() == self.thread else 0)


_DEPTH = pytest.StashKey[_Depth]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """The fixtures are set up: what is open now is the test's own."""
    item.stash[_DEPTH].of_test = item.stash[_DEPTH].now()
