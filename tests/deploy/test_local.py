"""Secrets and ports of this checkout: made once, kept, readable by their owner only."""

import threading
from pathlib import Path

import pytest

from deploy import local


@pytest.fixture(autouse=True)
def empty_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(local, "RUN", tmp_path / "run")
    return tmp_path / "run"


def test_a_secret_is_made_once_and_kept_private(empty_run: Path) -> None:
    first = local.secret_key()

    assert local.secret_key() == first
    assert len(first) == 64
    assert oct((empty_run / "secret_key").stat().st_mode & 0o777) == "0o600"


def test_processes_that_ask_at_once_get_the_same_secret(empty_run: Path) -> None:
    told: list[str] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        told.append(local.kept_secret("word"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 8
    assert set(told) == {(empty_run / "word").read_text()}
    assert [path.name for path in empty_run.iterdir()] == ["word"]


def test_the_broker_is_on_loopback_with_a_password(empty_run: Path) -> None:
    url = local.broker_url()

    password, port = (empty_run / "broker_password").read_text(), (empty_run / "broker_port").read_text()
    assert url == f"redis://:{password}@127.0.0.1:{port}/0"
