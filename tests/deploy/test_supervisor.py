"""The supervisor: restarts what dies, waits for what works, leaves nobody behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.supervisor import Child, Found, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# A parent whose own child holds on when the parent is killed.
FAMILY = [sys.executable, "-c", "import subprocess as s, time; s.Popen(['sleep', '600']); time.sleep(600)"]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(remembered=tmp_path / "children.json")
    yield made
    made.stop()


def _launch(command: list[str]) -> Callable[[], subprocess.Popen[bytes]]:
    return lambda: subprocess.Popen(command, start_new_session=True)


def _until(true: Callable[[], object], patience: float = 10.0) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def _tend_until(supervisor: Supervisor, true: Callable[[], object]) -> None:
    def tended() -> object:
        supervisor.tend()
        return true()

    _until(tended)


def _pid(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_a_killed_child_is_started_again(supervisor: Supervisor) -> None:
    child = Child("sleeper", _launch(SLEEPER))
    supervisor.start(child)
    first = _pid(child)

    os.kill(first, signal.SIGKILL)
    _tend_until(supervisor, lambda: child.process is not None and _pid(child) != first)

    assert psutil.Process(_pid(child)).is_running()
    assert not psutil.pid_exists(first)


def test_what_a_killed_child_left_behind_is_ended(supervisor: Supervisor) -> None:
    child = Child("family", _launch(FAMILY))
    supervisor.start(child)
    _until(lambda: psutil.Process(_pid(child)).children())
    (orphan,) = psutil.Process(_pid(child)).children()

    os.kill(_pid(child), signal.SIGKILL)
    _tend_until(supervisor, lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


def test_a_child_that_keeps_dying_is_tried_less_and_less_often(supervisor: Supervisor) -> None:
    child = Child("mayfly", _launch(["true"]))
    supervisor.start(child)

    _tend_until(supervisor, lambda: child.deaths == 3)

    assert 1.0 < child.start_at - time.monotonic() <= 1.6


def test_a_launch_that_fails_is_tried_again(supervisor: Supervisor) -> None:
    tries: list[int] = []

    def fail_once() -> subprocess.Popen[bytes]:
        tries.append(1)
        if len(tries) == 2:
            raise OSError("not yet")
        return _launch(SLEEPER)()

    child = Child("late", fail_once)
    supervisor.start(child)

    os.kill(_pid(child), signal.SIGKILL)
    _tend_until(supervisor, lambda: len(tries) == 3 and child.process is not None)

    assert psutil.Process(_pid(child)).is_running()


def test_start_returns_only_when_the_child_works(supervisor: Supervisor) -> None:
    answers = iter([False, False, True])

    supervisor.start(Child("slow", _launch(SLEEPER), works=lambda: next(answers)))

    assert list(answers) == []


def test_a_child_that_never_works_is_an_error_in_words(supervisor: Supervisor) -> None:
    with pytest.raises(RuntimeError, match=r"^mute does not work after 0 s$"):
        supervisor.start(Child("mute", _launch(SLEEPER), works=lambda: False), patience=0.1)


def test_stopping_leaves_nobody_behind(supervisor: Supervisor) -> None:
    for name in ("first", "second"):
        supervisor.start(Child(name, _launch(FAMILY)))
    parents = [psutil.Process(_pid(child)) for child in supervisor.children]
    _until(lambda: all(parent.children() for parent in parents))
    everybody = [member for parent in parents for member in (parent, *parent.children())]

    supervisor.stop()

    _until(lambda: not any(member.is_running() and member.status() != "zombie" for member in everybody))
    assert len(everybody) == 4


def test_leftovers_of_a_killed_supervisor_are_ended(tmp_path: Path) -> None:
    killed = Supervisor(remembered=tmp_path / "children.json")
    killed.start(Child("sleeper", _launch(SLEEPER)))
    left = psutil.Process(_pid(killed.children[0]))

    Supervisor(remembered=tmp_path / "children.json").end_leftovers()

    assert killed.children[0].has_died()
    assert not left.is_running()


def test_a_stranger_with_a_remembered_number_is_left_alone(tmp_path: Path) -> None:
    stranger = _launch(SLEEPER)()
    (tmp_path / "children.json").write_text(f"[[{stranger.pid}, 1.0]]")

    Supervisor(remembered=tmp_path / "children.json").end_leftovers()

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_found_process_is_looked_after_like_a_child(supervisor: Supervisor) -> None:
    theirs = _launch(SLEEPER)()
    child = Child("found", lambda: Found(theirs.pid))
    supervisor.start(child)

    assert not child.has_died()

    theirs.kill()
    theirs.wait()

    assert child.has_died()
