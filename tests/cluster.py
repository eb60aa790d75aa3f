"""One PostgreSQL per test run, in a temporary folder, gone afterwards; runs side by side do not meet."""

import atexit
import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psutil

from deploy import local, postgres

PREFIX = "oms-test-"


def start() -> str:
    """Start the server of this run and give its URL; it stops when this process ends."""
    _remove_leftovers()
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_reachable_folder()))
    cluster = postgres.throw_away_cluster(home)
    _copy_template(cluster)
    server = postgres.start(cluster)
    atexit.register(_stop, cluster, server.pid, os.getpid())
    return cluster.url()


def _copy_template(cluster: postgres.Cluster) -> None:
    """initdb costs a second or two, a copy of its result a fraction of that."""
    template = postgres.throw_away_cluster(postgres.home_for(local.RUN / "test-template"))
    with postgres.starting(template):
        postgres.prepare(template)
    # Keeps owner and modes, which the server insists on.
    subprocess.run(["cp", "-a", template.data, cluster.data], check=True)
    postgres.own(cluster.home)


def _stop(cluster: postgres.Cluster, pid: int, starter: int) -> None:
    if os.getpid() == starter:
        postgres.kill(pid)
        shutil.rmtree(cluster.home, ignore_errors=True)


def _remove_leftovers() -> None:
    """A run that was killed could not clean up after itself."""
    for home in _reachable_folder().glob(f"{PREFIX}*"):
        starter = int(home.name.removeprefix(PREFIX).split("-", 1)[0])
        if not psutil.pid_exists(starter):
            with contextlib.suppress(OSError):
                cluster = postgres.throw_away_cluster(home)
                if (pid := postgres.running_pid(cluster)) is not None:
                    postgres.kill(pid)
                shutil.rmtree(home, ignore_errors=True)


def _reachable_folder() -> Path:
    wanted = Path(tempfile.gettempdir())
    return wanted if postgres.is_reachable(wanted) else Path("/tmp")
