"""What is used when the environment names no database, broker or secret: files under `.run/`."""

import os
import secrets
import socket
import threading
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN = Path(os.environ.get("OMS_RUN_DIR") or ROOT / ".run")


def database_url() -> str:
    """The URL of the embedded cluster, whether it runs or not."""
    from deploy import postgres

    return postgres.local_cluster().url()


def broker_url() -> str:
    """The URL of the embedded broker, whether it runs or not."""
    password = kept_secret("broker_password")
    return f"redis://:{password}@127.0.0.1:{kept_port('broker_port')}/0"


def secret_key() -> str:
    """Django's secret of this checkout, made once."""
    return kept_secret("secret_key")


def kept_secret(name: str) -> str:
    """A random word kept in a file that only its owner can read."""
    return _kept(name, lambda: secrets.token_urlsafe(48))


def kept_port(name: str) -> int:
    """A loopback port that was free when first asked for."""
    return int(_kept(name, lambda: str(free_port())))


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kept(name: str, make: Callable[[], str]) -> str:
    path = RUN / name
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    RUN.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{name}.{os.getpid()}.{threading.get_ident()}")
    draft.touch(mode=0o600)
    draft.write_text(make())
    try:
        # Two processes may come here at once: the first to link wins, both read the winner's.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
