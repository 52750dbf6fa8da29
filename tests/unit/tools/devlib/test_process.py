"""Daemons are started once, told by pid and start time, and ended by pid alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from devlib.errors import DevError
from devlib.process import Daemon, read_pid_file, start_time

FOREVER = [sys.executable, "-c", "import signal; signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\nwhile 1: signal.pause()",
]


@pytest.fixture
def daemon(tmp_path):
    made: list[Daemon] = []

    def make(argv: list[str], **settings) -> Daemon:
        made.append(
            Daemon("test", argv, tmp_path / "run", tmp_path / "log", attached=True, **settings)
        )
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_started_once_and_stopped(daemon):
    one = daemon(FOREVER)
    pid = one.start()
    assert one.start() == pid == one.pid()
    assert one.stop()
    assert one.pid() is None and not one.stop()
    assert start_time(pid) is None


def test_a_process_that_ends_by_itself_is_not_running(daemon):
    one = daemon([sys.executable, "-c", "print('no licence'); raise SystemExit(3)"])
    one.start()
    with pytest.raises(DevError, match="ended before it was ready") as error:
        one.wait_until(lambda: False, 10, "ready")
    assert error.value.log.read_text() == "no licence\n"
    assert one.pid() is None


def test_a_pid_that_belongs_to_another_process_by_now_is_not_ours(daemon):
    one = daemon(FOREVER)
    one.start()
    one.stop()
    one.pid_file.write_text(f"{os.getpid()} {start_time(os.getpid()) - 1}\n")
    assert read_pid_file(one.pid_file) is None
    one.stop()  # does not end this test


def test_one_that_does_not_listen_is_killed(daemon):
    one = daemon(STUBBORN, stop_timeout=0.2)
    pid = one.start()
    one.wait_until(lambda: "deaf" in one.log.read_text(), 10, "deaf")
    assert one.stop()
    assert start_time(pid) is None


def test_an_attached_process_dies_with_its_parent(tmp_path):
    script = (
        "import sys; from pathlib import Path; from devlib.process import Daemon\n"
        f"print(Daemon('child', {FOREVER!r}, Path({str(tmp_path)!r}), Path({str(tmp_path)!r}),"
        " attached=True).start(), flush=True); import signal; signal.pause()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    child = int(parent.stdout.readline())
    assert start_time(child)
    descriptor = os.pidfd_open(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    import select

    assert select.select([descriptor], [], [], 10)[0], "the child outlived its parent"
