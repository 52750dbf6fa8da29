"""Two nodes against one, and a million bindings against ten thousand."""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Iterator
from pathlib import Path

from devlib.bench.generator import Generator, Load
from devlib.bench.ours import Ours
from devlib.bench.works import FIRST, ROUNDS, Row
from devlib.errors import DevError
from devlib.progress import Progress
from devlib.workspace import Workspace

CPU_GROUPS = Path("/sys/fs/cgroup/cpu")
# A node's core is a slice of a real one, so that both nodes, what they share and the load
# generator have room on a small machine.
CORE = 0.25
PERIOD_US = 20_000
USERS = 8_000
WINDOW = 150  # operations under way, a node: below half a second of work
TARGET_SCALE = 1.8
TARGET_MILLION = 1.15
MILLION_USERS, MILLION_CONTACTS = 100_000, 10
FILL_RATE = 5_000  # first registrations a second, well below what is refused


def rows(ours: Ours, generator: Generator, progress: Progress, _: Workspace) -> list[Row]:
    """What two nodes, a proxy and a registrar each, do in a second when they can do no more."""
    try:
        groups = [_make_group(f"clusterpbx-bench-{os.getpid()}-{node}") for node in (1, 2)]
    except OSError as error:
        progress.say(f"skip  scale: no CPU limits on this machine ({error.strerror})")
        return []
    try:
        with _limited(ours, groups):
            two = _saturated(ours, generator, progress, nodes=2)
            with _one_node_away(ours):
                one = _saturated(ours, generator, progress, nodes=1)
    finally:
        for group in groups:
            group.rmdir()
    title = f"two nodes against one, each with {CORE} of a core"
    return [
        Row(title, two, "one node", one, "REGISTER/s", TARGET_SCALE, at_least=True)
    ]


def _saturated(ours: Ours, generator: Generator, progress: Progress, *, nodes: int) -> float:
    with progress.step(f"saturated, nodes: {nodes}") as step:
        load = Load("register", 1000, USERS, warm_up=4, seconds=6, window=WINDOW * nodes)
        rates = [generator.saturate(load, ours.targets[:nodes]) for _ in range(ROUNDS)]
        step.result = ", ".join(f"{rate:.0f}/s" for rate in rates)
    return statistics.median(rates)


def _make_group(name: str) -> Path:
    group = CPU_GROUPS / name
    group.mkdir()
    (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
    (group / "cpu.cfs_quota_us").write_text(str(int(PERIOD_US * CORE)))
    return group


@contextlib.contextmanager
def _limited(ours: Ours, groups: list[Path]) -> Iterator[None]:
    """Puts each node's two processes into a group of their own."""
    parts = ours.parts
    try:
        for number, group in enumerate(groups, start=1):
            for service in ("proxy", "registrar"):
                (group / "cgroup.procs").write_text(str(parts[f"{service}-{number}"]))
        yield
    finally:
        for pid in ours.parts.values():
            (CPU_GROUPS / "cgroup.procs").write_text(str(pid))


@contextlib.contextmanager
def _one_node_away(ours: Ours) -> Iterator[None]:
    services = ours.cluster.services
    second = [*services.named("proxy-2"), *services.named("registrar-2")]
    for process in second:
        services.stop(process)
    try:
        yield
    finally:
        for process in reversed(second):
            services.start(process)
            services.wait_ready(process)


def million(ours: Ours, generator: Generator, progress: Progress, _: Workspace) -> list[Row]:
    """What a refresh costs among a million bindings and among ten thousand, ten a user in both."""
    runs = {}
    for users in (MILLION_USERS // 100, MILLION_USERS):
        bindings = users * MILLION_CONTACTS
        with progress.step(f"{bindings:,} bindings") as step:
            fill = Load("register", FILL_RATE, users, FIRST, MILLION_CONTACTS, 0, bindings / FILL_RATE)
            filling = generator.start(fill, ours.targets)
            filled = generator.wait_for(filling, "result")
            filling.wait()
            if filled["failed"] > bindings / 100:
                raise DevError(f"the bindings could not be made: {filled}")
            load = Load("register", 1500, users, FIRST, MILLION_CONTACTS, 2, 10)
            runs[bindings] = generator.measure(load, ours.targets, ours.parts)
            step.result = f"{runs[bindings].cost_us:.0f} µs"
    few, many = runs.values()
    title = "refresh among 1,000,000 bindings"
    return [
        Row(title, many.cost_us, "among 10,000", few.cost_us, "CPU µs", TARGET_MILLION)
    ]
