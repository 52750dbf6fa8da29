"""CPU time and memory of processes and all that they started."""

from __future__ import annotations

import time
from pathlib import Path

Usage = dict[str, float]


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    pids = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                pids += family(int(child))
        except OSError:
            continue
    return pids


def cpu_seconds(pid: int) -> float:
    """What a process has used, its ended threads included; 0 when it has gone."""
    scheduler_clock = (~pid << 3) | 2  # the kernel's number for "all of process pid"
    try:
        return time.clock_gettime(scheduler_clock)
    except OSError:
        return 0.0


def usage(parts: dict[str, int]) -> Usage:
    """CPU seconds by part; a part is a process with all that it started."""
    return {name: sum(map(cpu_seconds, family(pid))) for name, pid in parts.items()}


def resident_bytes(parts: dict[str, int]) -> int:
    """Memory that would be free without these processes: shared pages count once."""
    return sum(_proportional(pid) for root in parts.values() for pid in family(root))


def _proportional(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Baseline:
    """What parts use while nothing is asked of them, per second."""

    def __init__(self, parts: dict[str, int], seconds: float) -> None:
        before, began = usage(parts), time.monotonic()
        time.sleep(seconds)
        after, took = usage(parts), time.monotonic() - began
        self._idle = {name: (after[name] - before[name]) / took for name in parts}

    def beyond(self, before: Usage, after: Usage, seconds: float) -> Usage:
        """CPU seconds that are work's."""
        return {
            name: max(0.0, after[name] - before[name] - self._idle[name] * seconds)
            for name in before
        }
