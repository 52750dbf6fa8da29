"""Drives one work against the cluster and its rivals in turn, and makes rows of it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from devlib.bench.generator import Generator, Run
from devlib.bench.kamailio import Kamailio
from devlib.bench.ours import Ours
from devlib.bench.works import ROUNDS, Row, Work
from devlib.progress import Progress

System = Ours | Kamailio


class Comparison:
    def __init__(self, work: Work, ours: Ours, rivals: list[Kamailio], rounds: int = ROUNDS) -> None:
        self._work = work
        self._systems: list[System] = [ours, *rivals]
        self._rounds = rounds
        self.runs: dict[str, list[Run]] = {system.name: [] for system in self._systems}
        self.capacity: dict[str, Run] = {}

    def run(self, generator: Generator, progress: Progress) -> None:
        for index, system in self._order():
            title = f"{self._work.name} {index + 1}/{self._rounds}: {system.name}"
            with progress.step(title[:60]) as step:
                load = self._work.load_of(index)
                run = generator.measure(load, system.targets, system.parts)
                self.runs[system.name].append(run)
                step.result = describe(run)
        with progress.step(f"{self._work.name}: where the rivals' state is") as step:
            step.result = ", ".join(rival.verify() for rival in self._systems[1:])
        if not self._work.capacity:
            return
        for system in self._systems:
            with progress.step(f"{self._work.name} limit: {system.name}"[:60]) as step:
                found = generator.search(self._work.search_load(), system.targets)
                self.capacity[system.name] = found
                step.result = f"{found.rate:.0f}/s"

    def _order(self) -> Iterator[tuple[int, System]]:
        """Alternating, so that a slow drift of the machine hits all alike."""
        for index in range(self._rounds):
            systems = self._systems if index % 2 == 0 else self._systems[::-1]
            for system in systems:
                yield index, system

    def rows(self) -> list[Row]:
        ours, *rivals = self._systems
        rows = []
        for rival, target in zip(rivals, self._work.targets):
            details = {name: self._details(name) for name in (ours.name, rival.name)}
            rows.append(
                Row(
                    self._work.title,
                    self._median(ours, lambda run: run.cost_us),
                    rival.name,
                    self._median(rival, lambda run: run.cost_us),
                    "CPU µs",
                    target,
                    note=self._failures(),
                    details=details,
                )
            )
            for unit, value in (("p50 µs", _p50), ("p99 µs", _p99)):
                mine, other = self._median(ours, value), self._median(rival, value)
                rows.append(Row(self._work.title, mine, rival.name, other, unit))
            if self.capacity:
                mine, other = (self.capacity[system.name].rate for system in (ours, rival))
                unit = "operations/s before the first retransmission"
                rows.append(Row(self._work.title, mine, rival.name, other, unit))
        return rows

    def _median(self, system: System, value: Callable[[Run], float]) -> float:
        return statistics.median(value(run) for run in self.runs[system.name])

    def _failures(self) -> str:
        unclean = [
            f"{name}: {failed} failed, {again} sent again"
            for name, runs in self.runs.items()
            if (failed := sum(run.failed for run in runs))
            + (again := sum(run.retransmissions for run in runs))
        ]
        return "; ".join(unclean)

    def _details(self, name: str) -> dict:
        """The run with the median cost, process by process."""
        runs = sorted(self.runs[name], key=lambda run: run.cost_us)
        middle = runs[len(runs) // 2]
        return {
            "cpu_us": {part: round(cost, 1) for part, cost in middle.cpu_us.items()},
            "runs_us": [round(run.cost_us, 1) for run in self.runs[name]],
            "failed": sum(run.failed for run in runs),
            "retransmissions": sum(run.retransmissions for run in runs),
        }


def describe(run: Run) -> str:
    parts = " ".join(f"{name}={cost:.0f}" for name, cost in run.cpu_us.items())
    trouble = f" failed={run.failed} again={run.retransmissions} {run.refused or ''}"
    clean = not run.failed and not run.retransmissions
    return (
        f"{run.cost_us:.0f} µs ({parts}) p50 {run.p50_us:.0f} p99 {run.p99_us:.0f}"
        f"{'' if clean else trouble}"
    )


def _p50(run: Run) -> float:
    return run.p50_us


def _p99(run: Run) -> float:
    return run.p99_us
