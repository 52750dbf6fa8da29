"""Runs tests/bench/load and measures what serves it meanwhile."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devlib.bench.cpu import Baseline, usage
from devlib.errors import DevError
from devlib.process import end_with_parent

DOMAIN = "bench.pbx.test"
PASSWORD = "bench-secret-1"
IDLE_SECONDS = 2.0


@dataclass(frozen=True)
class Load:
    """What the generator is asked for; `seconds` are measured."""

    work: str  # register, call
    rate: float
    users: int
    first_user: int = 100_000
    contacts: int = 1
    warm_up: float = 3.0
    seconds: float = 10.0
    growth: float = 0.0
    window: int = 0
    across: bool = False
    hold: int = 0


@dataclass
class Run:
    """One measured run."""

    completed: int
    failed: int
    retransmissions: int
    p50_us: float
    p99_us: float
    rate: float
    late_ms: float
    cpu_us: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def cost_us(self) -> float:
        """CPU an operation."""
        return sum(self.cpu_us.values())


class Generator:
    """`program` is bench_load; phones live at `local` (address:port)."""

    def __init__(self, program: Path, local: str) -> None:
        self._program = program
        self._local = local

    def measure(
        self,
        load: Load,
        targets: list[str],
        parts: dict[str, int],
        meanwhile: Callable[[float], None] | None = None,
    ) -> Run:
        """CPU by part from the first measured second to the last. `meanwhile` may watch it."""
        idle = Baseline(parts, IDLE_SECONDS)
        process = self.start(load, targets)
        self.wait_for(process, "begin")
        before, began = usage(parts), time.monotonic()
        if meanwhile:
            meanwhile(load.seconds)
        end = self.wait_for(process, "end")
        spent = idle.beyond(before, usage(parts), time.monotonic() - began)
        result = self.wait_for(process, "result")
        process.wait()
        # Operations under way at both edges cancel each other out.
        done = max(1, end["completed"])
        return _run(result, {name: 1e6 * cpu / done for name, cpu in spent.items()})

    def search(self, load: Load, targets: list[str]) -> Run:
        """The highest rate at which nothing had to be sent again; its steps grow by load.growth."""
        process = self.start(load, targets)
        result = self.wait_for(process, "result")
        process.wait()
        return _run(result, {})

    def saturate(self, load: Load, targets: list[str]) -> float:
        """Operations a second with load.window of them under way at any time."""
        process = self.start(load, targets)
        end = self.wait_for(process, "end")
        self.wait_for(process, "result")
        process.wait()
        return end["completed"] / load.seconds

    def start(self, load: Load, targets: list[str]) -> subprocess.Popen:
        options = {
            "work": load.work,
            "local": self._local,
            "domain": DOMAIN,
            "password": PASSWORD,
            "rate": load.rate,
            "users": load.users,
            "first-user": load.first_user,
            "contacts": load.contacts,
            "warm-up": load.warm_up,
            "seconds": load.seconds,
            "growth": load.growth,
            "window": load.window,
            "across": int(load.across),
            "hold": load.hold,
            "run": f"r{time.time_ns() // 1_000_000}",  # Call-IDs of its own
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        words += [word for target in targets for word in ("--target", target)]
        return subprocess.Popen(
            [str(self._program), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )

    def wait_for(self, process: subprocess.Popen, event: str) -> dict:
        for line in process.stdout:
            said = json.loads(line)
            if said["event"] == event:
                return said
            if said["event"] == "unregistered":
                process.wait()
                raise DevError(f"the callees could not register: {said}")
        raise DevError(f"the load generator ended ({process.wait()}) without '{event}'")


def _run(said: dict, cpu_us: dict[str, float]) -> Run:
    kept = {name: said[name] for name in Run.__dataclass_fields__ if name in said}
    return Run(**kept, cpu_us=cpu_us)
