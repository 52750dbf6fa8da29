"""What a binding and a dialog cost in memory."""

from __future__ import annotations

import time

from devlib.bench.cpu import resident_bytes
from devlib.bench.generator import Generator, Load
from devlib.bench.kamailio import Kamailio, KamailioCalls, KamailioMemory
from devlib.bench.ours import Ours
from devlib.bench.works import FIRST, FIRST_NEW, Row
from devlib.progress import Progress
from devlib.workspace import Workspace

BINDINGS = 20_000
DIALOGS = 6_000
TARGET = 0.6
SETTLE = 35.0  # seconds until answered transactions are forgotten (64 T1); the same for all
Memory = dict[str, int]  # bytes by where


def rows(
    ours: Ours, generator: Generator, progress: Progress, rival_workspace: Workspace
) -> list[Row]:
    measured = []
    for title, kind, measure in (
        ("memory a binding", KamailioMemory, _binding),
        ("memory a dialog", KamailioCalls, _dialog),
    ):
        rival = kind(
            Workspace(
                rival_workspace.state / kind.__name__,
                rival_workspace.build,
                rival_workspace.net,
                attached=True,
            )
        )
        ours.restart_services()  # or new bindings would fit into what earlier loads left free
        rival.start()
        try:
            with progress.step(title) as step:
                mine, other = measure(ours, generator), measure(rival, generator)
                step.result = f"{mine}, {rival.name}: {other}"
        finally:
            rival.stop()
        details = {"ours": mine, rival.name: other}
        values = sum(mine.values()), rival.name, sum(other.values())
        measured.append(Row(title, *values, "B", TARGET, details=details))
    return measured


def _binding(system: Ours | Kamailio, generator: Generator) -> Memory:
    """What new bindings add, after as many before them have filled what is kept ready."""
    used = []
    for part in range(3):
        used.append(_used(system))
        if part < 2:
            first = FIRST_NEW + 50_000 + part * BINDINGS
            load = Load("register", 2000, BINDINGS, first, warm_up=0, seconds=BINDINGS / 2000)
            process = generator.start(load, system.targets)
            generator.wait_for(process, "result")
            process.wait()
            time.sleep(SETTLE)
    return _each(used[1], used[2], BINDINGS)


def _dialog(system: Ours | Kamailio, generator: Generator) -> Memory:
    """What answered calls add, when as many transactions as they need were there before."""
    used = []
    for _ in range(2):
        load = Load("call", 400, 400, FIRST, warm_up=0, seconds=DIALOGS / 400, hold=DIALOGS)
        process = generator.start(load, system.targets)
        generator.wait_for(process, "end")
        time.sleep(SETTLE)
        used.append(_used(system))
        process.stdin.close()
        process.wait()
    return _each(used[0], used[1], DIALOGS)


def _each(before: Memory, after: Memory, count: int) -> Memory:
    return {name: round((after[name] - before[name]) / count) for name in before}


def _used(system: Ours | Kamailio) -> Memory:
    """Data in Redis by its own count, and all memory of the other processes that serve."""
    if not isinstance(system, Ours):
        return {"processes": resident_bytes(system.parts)}
    parts = {name: pid for name, pid in system.parts.items() if name not in ("redis", "kafka")}
    return {"redis": system.redis_bytes()} | {
        name: resident_bytes({name: pid}) for name, pid in parts.items()
    }
