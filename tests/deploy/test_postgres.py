"""The embedded PostgreSQL: made, started, killed, started again, shared by commands."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from deploy import borrowing, local, postgres
from tests.cluster import PREFIX

pytestmark = pytest.mark.slow


SHOWN: LiteralString = ", ".join(
    f"current_setting('{name}')"
    for name in ("fsync", "synchronous_commit", "listen_addresses", "TimeZone", "server_encoding")
)


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """A durable cluster of its own, in a folder that the server's owner can reach."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir="/tmp") as home:
        made = postgres.Cluster(home=Path(home), settings=tuple(postgres.DURABLE.items()))
        yield made
        if (pid := postgres.running_pid(made)) is not None:
            postgres.kill(pid)


def _start(cluster: postgres.Cluster) -> subprocess.Popen[bytes]:
    postgres.prepare(cluster)
    return postgres.start(cluster)


def _run(cluster: postgres.Cluster, statement: LiteralString) -> list[tuple[Any, ...]]:
    with psycopg.connect(cluster.conninfo("oms"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_new_cluster_is_durable_unicode_and_off_the_network(cluster: postgres.Cluster) -> None:
    _start(cluster)

    assert _run(cluster, f"SELECT {SHOWN}") == [("on", "on", "", "UTC", "UTF8")]
    assert oct(cluster.sockets.stat().st_mode & 0o777) == "0o700"


def test_what_was_committed_survives_kill_9_and_a_stale_lock(cluster: postgres.Cluster) -> None:
    server = _start(cluster)
    _run(cluster, "CREATE TABLE kept AS SELECT 42 AS number")

    server.send_signal(signal.SIGKILL)
    server.wait()
    # The number in the lock file may since have been given to another program of the same user.
    stranger = subprocess.Popen(["sleep", "60"], **postgres.as_owner())
    lock = cluster.data / "postmaster.pid"
    lock.write_text(lock.read_text().replace(str(server.pid), str(stranger.pid), 1))
    postgres.start(cluster)

    assert _run(cluster, "SELECT number FROM kept") == [(42,)]
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_running_server_is_found_and_not_started_twice(cluster: postgres.Cluster) -> None:
    server = _start(cluster)

    assert postgres.running_pid(cluster) == server.pid
    with pytest.raises(postgres.NoPostgres, match="already runs"):
        postgres.start(cluster)

    postgres.stop(server.pid)

    assert postgres.running_pid(cluster) is None


def test_a_half_made_data_folder_is_made_again(cluster: postgres.Cluster) -> None:
    (cluster.home / "data.new" / "base").mkdir(parents=True)

    _start(cluster)

    assert _run(cluster, "SELECT 1") == [(1,)]
    assert not (cluster.home / "data.new").exists()


def test_data_of_another_major_version_is_refused_in_words(cluster: postgres.Cluster) -> None:
    postgres.prepare(cluster)
    (cluster.data / "PG_VERSION").write_text("9\n")

    with pytest.raises(postgres.NoPostgres, match="was made by PostgreSQL 9"):
        postgres.prepare(cluster)


def test_a_server_that_cannot_start_tells_the_end_of_its_log(cluster: postgres.Cluster) -> None:
    postgres.prepare(cluster)
    (cluster.data / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(postgres.NoPostgres, match="no_such_setting"):
        postgres.start(cluster)


BORROW = """
import sys
from pathlib import Path
from deploy import borrowing, postgres
cluster = postgres.Cluster(home=Path(sys.argv[1]), settings=())
borrowing.borrow(cluster)
print(postgres.running_pid(cluster), flush=True)
sys.stdin.read()
"""


def _borrower(cluster: postgres.Cluster) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", BORROW, str(cluster.home)],
        cwd=local.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_the_last_command_to_leave_stops_the_server(cluster: postgres.Cluster) -> None:
    first, started = _borrower(cluster)
    second, found = _borrower(cluster)

    assert started == found

    first.communicate("")

    assert postgres.running_pid(cluster) == started

    second.communicate("")

    assert postgres.running_pid(cluster) is None


def test_a_killed_command_does_not_keep_the_server_for_ever(cluster: postgres.Cluster) -> None:
    killed, started = _borrower(cluster)
    killed.kill()
    killed.communicate()

    assert postgres.running_pid(cluster) == started

    following, found = _borrower(cluster)
    following.communicate("")

    assert found == started
    assert postgres.running_pid(cluster) is None


def test_a_claim_of_somebody_else_keeps_the_server(cluster: postgres.Cluster) -> None:
    with borrowing.claim_use(cluster):
        command, started = _borrower(cluster)
        command.communicate("")

        assert postgres.running_pid(cluster) == started


def test_a_deep_checkout_gets_a_short_socket(tmp_path: Path) -> None:
    deep = postgres.throw_away_cluster(tmp_path / ("x" * 100))

    assert len(str(deep.sockets)) < 80
    assert deep.sockets != postgres.throw_away_cluster(tmp_path / ("y" * 100)).sockets
