"""Flame graphs of the cluster's processes under one work's load, recorded by perf."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

from devlib.bench import flame
from devlib.bench.generator import Generator, Load
from devlib.bench.ours import Ours
from devlib.bench.works import Work
from devlib.errors import DevError
from devlib.process import end_with_parent
from devlib.progress import Progress
from devlib.workspace import ROOT

PROFILES = ROOT / "var" / "bench-profiles"
HERTZ = 499
Stacks = Counter[tuple[str, ...]]


def record(work: Work, ours: Ours, generator: Generator, progress: Progress) -> None:
    """Writes `<work>-<process>.svg` and the folded stacks beside it."""
    if not shutil.which("perf"):
        raise DevError("perf is not installed", hint="tools/install_deps.sh bench")
    PROFILES.mkdir(parents=True, exist_ok=True)
    data = PROFILES / f"{work.name}.data"
    parts = {name: pid for name, pid in ours.parts.items() if name != "kafka"}
    load = Load(**work.load_of(0).__dict__ | {"seconds": 8.0})
    with progress.step(f"profile {work.name}"):
        run = lambda seconds: _perf_record(data, list(parts.values()), seconds)  # noqa: E731
        generator.measure(load, ours.targets, ours.parts, meanwhile=run)
    for name, pid in parts.items():
        stacks = _stacks(data, pid)
        folded = PROFILES / f"{work.name}-{name}.folded"
        folded.write_text("".join(f"{';'.join(s)} {n}\n" for s, n in sorted(stacks.items())))
        svg = folded.with_suffix(".svg")
        svg.write_text(flame.draw(stacks, f"{name} under {work.name}"))
        progress.say(f"      {svg.relative_to(ROOT)}: {_top(stacks)}")
    data.unlink()


def _perf_record(data: Path, pids: list[int], seconds: float) -> None:
    # The virtual machine may have no counters: the clock is everywhere.
    subprocess.run(
        [
            *("perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-o", str(data)),
            *("--call-graph", "dwarf,8192"),
            *("-p", ",".join(map(str, pids)), "--", "sleep", str(max(1.0, seconds - 1.0))),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=end_with_parent,
    )


def _stacks(data: Path, pid: int) -> Stacks:
    """Samples by stack, outermost function first."""
    script = subprocess.run(
        ["perf", "script", "--no-inline", "-i", str(data), "--pid", str(pid), "-F", "comm,ip,sym"],
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
    )
    stacks: Stacks = Counter()
    for sample in script.stdout.split("\n\n"):
        thread, *frames = sample.strip("\n").splitlines() or [""]
        names = [frame.strip().partition(" ")[2] or "?" for frame in frames]
        if names:
            stacks[(thread.strip(), *(_plain(name) for name in reversed(names)))] += 1
    return stacks


def _plain(name: str) -> str:
    """A function's name without its arguments, and nothing that ends a folded frame."""
    return name.partition("(")[0].replace(";", ":")[:120] or "?"


def _top(stacks: Stacks, count: int = 3) -> str:
    """The functions that most samples ended in."""
    leaves: Counter[str] = Counter()
    for stack, samples in stacks.items():
        leaves[stack[-1]] += samples
    total = max(1, sum(leaves.values()))
    return ", ".join(f"{name} {100 * n / total:.0f} %" for name, n in leaves.most_common(count))
