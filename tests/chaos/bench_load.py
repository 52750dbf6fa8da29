"""The project's own load generator (tests/bench/load), for rates that SIPp does not keep up with."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field

from chaos_site import ChaosSite
from devlib.bench.generator import Generator, Load
from devlib.workspace import SIP_PORT


@dataclass(frozen=True)
class Result:
    """What was begun in the measured seconds, and how that ended and what was under way before."""

    carried: int  # under way when the measured seconds began
    started: int
    completed: int
    failed: int
    retransmissions: int
    most_repeated: int  # of one message
    skipped: int
    p50_us: float
    p99_us: float
    late_ms: float
    refused: dict[str, int] = field(default_factory=dict)


class BenchLoad:
    """One run; `measured` seconds begin after `warm_up`."""

    def __init__(self, site: ChaosSite, load: Load, last: int = 160) -> None:
        program = site.workspace.build / "bench" / "bench_load"
        self._generator = Generator(program, f"{site.address(last)}:20000")
        self._targets = [f"{proxy}:{SIP_PORT}" for proxy in site.proxies]
        self._load = load
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "BenchLoad":
        self._process = self._generator.start(self._load, self._targets)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._process.stdin.close()

    def begun(self) -> float:
        """Waits for the first measured second; its time."""
        self._generator.wait_for(self._process, "begin")
        return time.monotonic()

    def result(self) -> Result:
        said = self._generator.wait_for(self._process, "result")
        kept = {name: said[name] for name in Result.__dataclass_fields__ if name in said}
        return Result(**kept)

    def found_rate(self) -> float:
        """Of a load that grows: the last rate at which nothing was sent again."""
        return self._generator.wait_for(self._process, "result")["rate"]


def registers(rate: float, users: int, seconds: float, first_user: int) -> Load:
    """Every phone registers once in the warm-up, and again and again while it is measured."""
    return Load("register", rate, users, first_user, warm_up=users / rate, seconds=seconds)
