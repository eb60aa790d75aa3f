"""The guard that every test runs under: no network while a transaction is open."""

import socket

import pytest
from django.db import transaction


@pytest.fixture
def listener() -> "socket.socket":
    """Somebody on this machine to call."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    return listener


@pytest.mark.django_db
def test_a_call_in_a_transaction_is_caught(listener: socket.socket) -> None:
    with (
        transaction.atomic(),
        pytest.raises(AssertionError, match="inside a transaction"),
        socket.socket() as caller,
    ):
        caller.connect(listener.getsockname())


@pytest.mark.django_db(transaction=True)
def test_so_it_is_in_tests_that_commit(listener: socket.socket) -> None:
    with (
        transaction.atomic(),
        pytest.raises(AssertionError, match="inside a transaction"),
        socket.socket() as caller,
    ):
        caller.connect(listener.getsockname())


@pytest.mark.django_db
def test_a_call_after_it_goes_through(listener: socket.socket) -> None:
    with transaction.atomic():
        pass

    with socket.socket() as caller:
        caller.connect(listener.getsockname())

        assert caller.getpeername() == listener.getsockname()
