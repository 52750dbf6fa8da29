"""Processes that outlive this program: started with a log and a pid file, ended by pid alone."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devlib.errors import DevError

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Daemon:
    """One background process of a cluster. `name` names its pid file and its log."""

    name: str
    argv: list[str]
    run_dir: Path
    log_dir: Path
    env: dict[str, str] = field(default_factory=dict, compare=False)
    stop_signal: int = signal.SIGTERM
    stop_timeout: float = 20.0
    # True: the process dies with the one that started it (tests); False: it is a daemon.
    attached: bool = False

    @property
    def pid_file(self) -> Path:
        return self.run_dir / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        return self.log_dir / f"{self.name}.log"

    def pid(self) -> int | None:
        """The running process' id; None if it is not running."""
        return read_pid_file(self.pid_file)

    def start(self) -> int:
        """Starts it if it is not running; its standard output and error are appended to the log."""
        running = self.pid()
        if running:
            return running
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            try:
                child = subprocess.Popen(
                    self.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self.env},
                    start_new_session=not self.attached,
                    preexec_fn=end_with_parent if self.attached else None,
                    cwd="/",
                )
            except OSError as error:
                raise DevError(
                    f"cannot start {self.name}: {error}", hint="tools/dev build makes the programs"
                ) from None
        _children[child.pid] = child
        self.pid_file.write_text(f"{child.pid} {start_time(child.pid) or 0}\n")
        return child.pid

    def ask_to_stop(self) -> None:
        """Sends the signal and does not wait. A second one would end a service at once."""
        pid = self.pid()
        if pid:
            os.kill(pid, self.stop_signal)

    def stop(self, *, asked: bool = False) -> bool:
        """Asks it to end and waits; kills it if it does not listen. False: it was not running."""
        pid = self.pid()
        if pid:
            end(pid, 0 if asked else self.stop_signal, self.stop_timeout)
        self.pid_file.unlink(missing_ok=True)
        return pid is not None

    def wait_until(self, ready: Callable[[], bool], timeout: float, what: str) -> None:
        """Polls `ready`; a process that ends, or is not ready in time, is a DevError with its log."""
        deadline = time.monotonic() + timeout
        pause = 0.02
        while not ready():
            if not self.pid():
                raise DevError(f"{self.name} ended before it was {what}", log=self.log)
            if time.monotonic() > deadline:
                raise DevError(f"{self.name} was not {what} within {timeout:.0f} s", log=self.log)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)


# Children of this process must be reaped, or they stay as zombies that look alive.
_children: dict[int, subprocess.Popen] = {}


def end_with_parent() -> None:
    """For Popen(preexec_fn=…): the child gets SIGTERM when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start_time(pid: int) -> int | None:
    """When the process started, in the kernel's ticks; None if there is none. Tells a reused pid."""
    child = _children.get(pid)
    if child and child.poll() is not None:
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    # A child of ours is looked at above: it is a zombie too while its last threads end, which may
    # still hold its ports.
    return None if fields[0] == "Z" and not child else int(fields[19])


def exit_code(pid: int) -> int | None:
    """How a process that this program started ended; None if it runs or is not ours."""
    child = _children.get(pid)
    return child.poll() if child else None


def read_pid_file(path: Path) -> int | None:
    try:
        pid, started = (int(word) for word in path.read_text().split())
    except (OSError, ValueError):
        return None
    return pid if start_time(pid) == started else None


def end(pid: int, stop_signal: int, timeout: float) -> None:
    """Ends one process: the signal (0: none), then SIGKILL when `timeout` has passed."""
    for number, patience in ((stop_signal, timeout), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if start_time(pid) is None:
                return
            time.sleep(0.02)
