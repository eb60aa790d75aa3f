"""`make run`: database, broker, web, worker and beat under one supervisor, ready when HTTP answers."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import IO

from deploy import borrowing, broker, local, postgres
from deploy.supervisor import Child, Found, Process, Supervisor, say, spawn

LOGS = local.RUN / "log"
LOG_LIMIT = 10 * 1024 * 1024
# Few: each query of a request hands the interpreter over, and many threads wait for it longer than they work.
THREADS = 2
USUAL_PORT = 8000
DATABASE = "database"
# Whoever waits for an answer goes before jobs that nobody waits for.
POLITELY = ("nice", "-n", "5") if shutil.which("nice") else ()
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def main() -> int:
    """Run until Ctrl-C; 0 if everything started, 1 if it could not."""
    LOGS.mkdir(parents=True, exist_ok=True)
    only_one = (local.RUN / "ground.lock").open("a")
    try:
        fcntl.flock(only_one, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("`make run` is already running in this checkout")
        return 1
    supervisor = Supervisor(remembered=local.RUN / "children.json")
    supervisor.take_signals()
    with contextlib.ExitStack() as leaving:
        # Undone in reverse: hand the database over or not, stop the children, give up the claim.
        claim = leaving.enter_context(borrowing.claim_use(postgres.local_cluster())) if _embedded() else None
        leaving.callback(supervisor.stop)
        leaving.callback(_hand_over, supervisor, claim)
        try:
            _start_all(supervisor)
        except (RuntimeError, postgres.NoPostgres, broker.NoBroker) as error:
            say(f"could not start: {error}; see {LOGS}")
            return 1
        supervisor.watch()
        say("stopping")
    return 0


def _embedded() -> bool:
    return not os.environ.get("DATABASE_URL")


def _start_all(supervisor: Supervisor) -> None:
    _trim_logs()
    supervisor.end_leftovers()
    env = _environment()
    _refuse_taken_port(env)
    if _embedded():
        cluster = postgres.local_cluster()
        launch = partial(_launch_postgres, cluster)
        supervisor.start(Child(DATABASE, launch, stop_signal=signal.SIGINT, adoptable=True))
    if not os.environ.get("BROKER_URL"):
        supervisor.start(Child("broker", lambda: broker.start(LOGS / "broker.log"), works=broker.answers))
    say("preparing the database")
    _prepare(supervisor, env)
    for child in (_worker(env), _beat(env), _web(env)):
        supervisor.start(child, patience=90)
    if not supervisor.stopping:
        _announce(env)


def _environment() -> dict[str, str]:
    """What the children get; a variable already set wins."""
    port = os.environ.get("PORT") or str(_usual_port_or_free())
    private = _host(dict(os.environ)) in LOOPBACK
    ours = {
        "DJANGO_SETTINGS_MODULE": "oms.settings",
        "SECRET_KEY": local.secret_key(),
        "PORT": port,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
        # A server that others can reach must not have a password that everybody knows.
        "ADMIN_PASSWORD": "admin" if private else local.kept_secret("admin_password"),
    }
    if _embedded():
        ours["DATABASE_URL"] = local.database_url()
    if not os.environ.get("BROKER_URL"):
        broker.choose_free_port()
        ours["BROKER_URL"] = local.broker_url()
    return {**ours, **{name: value for name, value in os.environ.items() if value}}


def _usual_port_or_free() -> int:
    try:
        _probe_port(_host(dict(os.environ)), USUAL_PORT)
    except OSError:
        return local.free_port()
    return USUAL_PORT


def _refuse_taken_port(env: dict[str, str]) -> None:
    try:
        _probe_port(_host(env), int(env["PORT"]))
    except OSError as error:
        raise RuntimeError(f"port {env['PORT']}: {error.strerror}; choose another with PORT=…") from error


def _probe_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _prepare(supervisor: Supervisor, env: dict[str, str]) -> None:
    """Runs beside the supervisor, which goes on tending the database and hearing Ctrl-C."""
    command = [sys.executable, "-m", "deploy.prepare"]
    preparing = subprocess.Popen(command, cwd=local.ROOT, env=env, start_new_session=True)
    while preparing.poll() is None:
        supervisor.tend()
        if supervisor.stopping:
            preparing.terminate()
        time.sleep(0.05)
    if preparing.returncode and not supervisor.stopping:
        raise RuntimeError("the database could not be prepared")


def _launch_postgres(cluster: postgres.Cluster) -> Process:
    with postgres.starting(cluster):
        # A command that uses the database may have started it, or a killed supervisor left it.
        if (pid := postgres.running_pid(cluster)) is not None:
            return Found(pid)
        postgres.prepare(cluster)
        return postgres.start(cluster)


def _hand_over(supervisor: Supervisor, claim: IO[str] | None) -> None:
    """Leave the database running if a command still uses it; that one will stop it."""
    if claim is not None and not borrowing.last_to_leave(claim):
        supervisor.children = [child for child in supervisor.children if child.name != DATABASE]


def _web(env: dict[str, str]) -> Child:
    # Its processes write their counters here, so that /metrics tells the sum of them.
    counters = local.RUN / "metrics"
    env = {**env, "PROCESS_NAME": "web", "PROMETHEUS_MULTIPROC_DIR": str(counters)}
    env.setdefault("DATABASE_POOL", str(THREADS))
    command = [_tool("granian"), "--interface", "wsgi", "--host", _host(env)]
    command += ["--port", env["PORT"], "--workers", env.get("WEB_WORKERS", str(min(os.cpu_count() or 1, 4)))]
    command += ["--blocking-threads", str(THREADS), "--respawn-failed-workers", "--backlog", "1024"]
    command += ["--workers-kill-timeout", "8", "--log-level", "warning", "oms.wsgi:application"]

    def launch() -> Process:
        shutil.rmtree(counters, ignore_errors=True)
        counters.mkdir()
        return spawn(command, env=env, log=LOGS / "web.log", cwd=local.ROOT)

    return Child("web", launch, works=partial(_is_ready, env))


def _worker(env: dict[str, str]) -> Child:
    env = {**env, "PROCESS_NAME": "worker"}
    command = [*POLITELY, _tool("celery"), "-A", "oms", "worker", "--concurrency", env.get("WORKERS", "2")]
    command += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    return Child("worker", lambda: spawn(command, env=env, log=LOGS / "worker.log", cwd=local.ROOT))


def _beat(env: dict[str, str]) -> Child:
    env = {**env, "PROCESS_NAME": "beat"}
    command = [_tool("celery"), "-A", "oms", "beat", "--loglevel", "WARNING", "--pidfile="]
    return Child("beat", lambda: spawn(command, env=env, log=LOGS / "beat.log", cwd=local.ROOT))


def _is_ready(env: dict[str, str]) -> bool:
    try:
        with urllib.request.urlopen(f"{_url(env)}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _announce(env: dict[str, str]) -> None:
    say("ready")
    key_file, login_file = local.RUN / "client_key", local.RUN / "admin_login"
    lines = [f"  open        {_url(env)}/admin/"]
    if login_file.exists():
        lines += [f"  sign in     {login_file.read_text()}   (made for the demo only)"]
    lines += [f"  REST        {_url(env)}/api/docs/"]
    if key_file.exists():
        lines += [f"  client key  {key_file.read_text()}"]
    lines += [f"  logs        {LOGS}", "  stop        Ctrl-C"]
    print("\n".join(lines), flush=True)


def _url(env: dict[str, str]) -> str:
    host = _host(env)
    # "Every address" is none that can be called.
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{env['PORT']}"


def _host(env: dict[str, str]) -> str:
    return env.get("HOST", "127.0.0.1")


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _trim_logs() -> None:
    for log in LOGS.glob("*.log"):
        if log.stat().st_size > LOG_LIMIT:
            log.unlink()


if __name__ == "__main__":
    sys.exit(main())
