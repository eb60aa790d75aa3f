"""A stack of its own to measure: durable PostgreSQL, broker, production server, worker; gone afterwards."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import local

PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Stack:
    """Where the server listens, the key of a client with every scope, and its database."""

    port: int
    key: str
    database_url: str
    folder: Path


@contextmanager
def running() -> Iterator[Stack]:
    """Start everything on free ports in a folder of its own; RuntimeError if it does not come up."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-") as name:
        folder = Path(name)
        # The database may run as another user, who has to get in.
        folder.chmod(0o755)
        port = local.free_port()
        env = {**os.environ, "OMS_RUN_DIR": name, "PORT": str(port), "DEMO": "0", "WEB_WORKERS": "2"}
        env.pop("DATABASE_URL", None)
        env.pop("BROKER_URL", None)
        log = folder / "ground.out"
        with log.open("wb") as out:
            ground = subprocess.Popen(
                [sys.executable, "-m", "deploy.ground"], cwd=local.ROOT, env=env, stdout=out, stderr=out
            )
        try:
            _await_ready(ground, log)
            yield Stack(port, (folder / "client_key").read_text().strip(), _database_url(env), folder)
        finally:
            ground.send_signal(signal.SIGINT)
            ground.wait(timeout=60)


def _await_ready(ground: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if ground.poll() is not None:
            break
        if "sign in" in log.read_text() or "client key" in log.read_text():
            return
        time.sleep(0.2)
    raise RuntimeError(f"the stack did not come up:\n{log.read_text()[-2000:]}")


def _database_url(env: dict[str, str]) -> str:
    told = subprocess.run(
        [sys.executable, "-c", "from deploy import local; print(local.database_url())"],
        cwd=local.ROOT,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout.strip()
