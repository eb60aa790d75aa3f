"""Keeps a handful of processes running: starts them in order, restarts what dies, stops all in reverse."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

# A child that lived this long (seconds) restarts at once; one that keeps dying waits longer each time.
SETTLED = 10.0
LONGEST_WAIT = 5.0
GRACE = 10.0


class Process(Protocol):
    """What we ask of a process, whether it is our child or was found running."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def send_signal(self, sig: int) -> None: ...
    def wait(self, timeout: float | None = None) -> int | None: ...


class Found:
    """A process that somebody else started and we look after from now on."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        """None while it lives; how it ended is only known to its parent, so any end is called a kill."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE:
                return None
        self.returncode = -signal.SIGKILL
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Raises `ProcessLookupError` when it is gone, as a child would."""
        if self.poll() is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, sig)

    def wait(self, timeout: float | None = None) -> int | None:
        """Raises `TimeoutExpired` after `timeout` seconds, as a child would."""
        deadline = time.monotonic() + (timeout or GRACE)
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or GRACE)
            time.sleep(0.05)
        return self.returncode


@dataclass
class Child:
    """One process: how to start it, how to see that it works, how to ask it to stop."""

    name: str
    launch: Callable[[], Process]
    works: Callable[[], bool] = lambda: True
    stop_signal: int = signal.SIGTERM
    # Found again by its own means after the supervisor was killed, so not to be ended as a leftover.
    adoptable: bool = False
    process: Process | None = None
    born_at: float = 0.0
    deaths: int = 0
    start_at: float = 0.0
    told_ready: bool = True

    def start(self) -> None:
        self.process = self.launch()
        self.born_at = time.monotonic()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def bury(self) -> None:
        """End what the dead process left behind: its own children still hold ports and tasks."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        lived = time.monotonic() - self.born_at
        self.deaths = 0 if lived > SETTLED else self.deaths + 1
        self.start_at = time.monotonic() + (min(0.2 * 2**self.deaths, LONGEST_WAIT) if self.deaths else 0)
        self.process = None


class Supervisor:
    """Starts children one after the other, then watches until asked to stop."""

    def __init__(self, remembered: Path) -> None:
        self.children: list[Child] = []
        self.stopping = False
        self.remembered = remembered

    def take_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal all mean: stop everything, cleanly."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def end_leftovers(self) -> None:
        """End what a supervisor that was itself killed left running."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            for pid, born_at in json.loads(self.remembered.read_text()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    # A number alone may by now belong to a stranger.
                    if psutil.Process(pid).create_time() == born_at:
                        _end(Found(pid), signal.SIGTERM)

    def start(self, child: Child, *, patience: float = 60.0) -> None:
        """Start a child and wait until it works; raises `RuntimeError` if it does not in time."""
        self.children.append(child)
        child.start()
        self._remember()
        self.await_working(child, patience=patience)

    def await_working(self, child: Child, *, patience: float) -> None:
        """Wait until a child works, restarting whatever dies meanwhile."""
        deadline = time.monotonic() + patience
        while not self.stopping and not child.works():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{child.name} does not work after {patience:.0f} s")
            self.tend()
            time.sleep(0.05)

    def watch(self) -> None:
        """Restart what dies until asked to stop."""
        while not self.stopping:
            self.tend()
            time.sleep(0.1)

    def tend(self) -> None:
        """One look at every child."""
        for child in self.children:
            if self.stopping:
                return
            if child.has_died():
                assert child.process is not None
                say(f"{child.name} ended ({_how(child.process.returncode)}); starting it again")
                child.bury()
                child.told_ready = False
            if child.process is None and time.monotonic() >= child.start_at:
                self._start_again(child)
            elif not child.told_ready and child.process is not None and child.works():
                child.told_ready = True
                say(f"{child.name} works again")

    def stop(self) -> None:
        """Stop the children, last started first."""
        for child in reversed(self.children):
            if child.process is not None:
                _end(child.process, child.stop_signal)
            child.process = None
        self.remembered.unlink(missing_ok=True)

    def _start_again(self, child: Child) -> None:
        # It may fail for a passing reason, such as old back ends still leaving; then it is tried again.
        try:
            child.start()
            self._remember()
        except Exception as error:
            child.deaths += 1
            child.start_at = time.monotonic() + min(0.2 * 2**child.deaths, LONGEST_WAIT)
            say(f"{child.name} did not start: {error}")

    def _remember(self) -> None:
        running = []
        for child in self.children:
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.process is not None and not child.adoptable:
                    running.append((child.process.pid, psutil.Process(child.process.pid).create_time()))
        self.remembered.write_text(json.dumps(running))

    def _ask_to_stop(self, number: int, _frame: object) -> None:
        self.stopping = True


def spawn(command: list[str], *, env: dict[str, str], log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, writing to a log file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def say(words: str) -> None:
    """Tell the person at the terminal."""
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stdout, flush=True)


def _end(process: Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    # The group, not only its leader: nobody may outlive us.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _how(code: int | None) -> str:
    if code is None:
        return "unknown"
    return f"signal {-code}" if code < 0 else f"exit {code}"
