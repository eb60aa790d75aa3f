"""One PostgreSQL per test run, in a temporary folder, gone afterwards; runs side by side do not meet."""

import atexit
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from deploy import local, postgres

PREFIX = "oms-test-"


def start() -> str:
    """Start the server of this run and give its URL; it stops when this process ends."""
    _remove_leftovers()
    template = _template()
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_reachable_folder()))
    cluster = postgres.throw_away_cluster(home)
    # Keeps owner and modes, which the server insists on.
    subprocess.run(["cp", "-a", template.data, cluster.data], check=True)
    postgres.own(cluster.home)
    server = postgres.start(cluster)
    atexit.register(_stop, cluster, server.pid, os.getpid())
    return cluster.url()


def _template() -> postgres.Cluster:
    """A cluster whose database `oms` has all tables; made anew when a migration or a package changed.

    initdb and the migrations cost seconds in every run, a copy of their result a fraction of one.
    """
    folder = postgres.home_for(local.RUN / "test-templates" / "any").parent
    template = postgres.throw_away_cluster(folder / _fingerprint())
    with postgres.starting(template):
        if not (template.home / "complete").exists():
            _make(template)
            _remove_older(folder)
    return template


def _fingerprint() -> str:
    written = [*local.ROOT.glob("*/migrations/*.py"), *local.ROOT.glob("*/*/migrations/*.py")]
    read = hashlib.sha256()
    for path in sorted([*written, local.ROOT / "requirements.txt"]):
        read.update(path.name.encode() + path.read_bytes())
    return read.hexdigest()[:12]


def _make(template: postgres.Cluster) -> None:
    postgres.prepare(template)
    # A run that was killed here left its server behind.
    if (pid := postgres.running_pid(template)) is not None:
        postgres.stop(pid)
    server = postgres.start(template)
    env = {**os.environ, "DATABASE_URL": template.url(), "BROKER_URL": "memory://", "SECRET_KEY": "x" * 50}
    env["DJANGO_SETTINGS_MODULE"] = "oms.settings"
    command = [sys.executable, str(local.ROOT / "manage.py"), "migrate", "--verbosity=0", "--skip-checks"]
    done = subprocess.run(command, cwd=local.ROOT, env=env, capture_output=True, text=True)
    postgres.stop(server.pid)
    if done.returncode:
        raise RuntimeError(f"the tests' database could not be migrated:\n{done.stderr}")
    (template.home / "complete").touch()


def _remove_older(folder: Path, keep: int = 4) -> None:
    """Runs of other branches may still copy theirs, so the newest few stay."""
    by_age = sorted(folder.glob("*/complete"), key=lambda path: path.stat().st_mtime, reverse=True)
    for complete in by_age[keep:]:
        shutil.rmtree(complete.parent, ignore_errors=True)


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
