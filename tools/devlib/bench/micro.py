"""Micro-benchmarks: programs of tests/bench that print a line a figure."""

from __future__ import annotations

import json
import statistics
import subprocess
from pathlib import Path

from devlib.bench.works import Row
from devlib.errors import DevError
from devlib.progress import Progress

PLAIN = {"routing": "bench_routing", "stores": "bench_stores"}  # works without a rival
TARGETS = ("bench_sip_parse", "bench_peer_parse", *PLAIN.values())
MAX_PARSE_US = 0.8
RUNS = 3


def rows(build: Path, progress: Progress) -> list[Row]:
    with progress.step("parse a 700-byte INVITE"):
        medians = _medians(build / "bench" / "bench_sip_parse")
        rivals = _medians(build / "bench" / "bench_peer_parse")
    ours = medians["parsed and read as a proxy"] / 1000
    title = "parse a 700-byte INVITE as a proxy needs it"
    measured = [
        Row(title, ours, name, ns / 1000, "CPU µs") for name, ns in rivals.items()
    ] or [Row(title, ours, "—", None, "CPU µs")]
    measured.append(
        Row(title, ours, "our own limit", MAX_PARSE_US, "CPU µs", 1.0, note="0.8 µs at most")
    )
    others = {name: ns for name, ns in medians.items() if name != "parsed and read as a proxy"}
    return measured + [Row(name, ns / 1000, "—", None, "CPU µs") for name, ns in others.items()]


def plain_rows(work: str, build: Path, progress: Progress) -> list[Row]:
    """Of a program that prints figures to know, not to compare."""
    program = build / "bench" / PLAIN[work]
    if not program.exists():
        raise DevError(f"{program} is not built", hint="run it without --no-build")
    with progress.step(work):
        medians = _medians(program)
    return [
        Row(f"{work}: {name}", ns / 1000, "—", None, "CPU µs") for name, ns in medians.items()
    ]


def _medians(program: Path) -> dict[str, float]:
    """Nanoseconds by name; empty when the program was not built."""
    if not program.exists():
        return {}
    runs = [_run(program) for _ in range(RUNS)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _run(program: Path) -> dict[str, float]:
    done = subprocess.run([str(program), "--json"], capture_output=True, text=True, check=True)
    return {line["name"]: line["ns"] for line in map(json.loads, done.stdout.splitlines())}
