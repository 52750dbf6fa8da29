"""`tools/dev bench [NAME …]`."""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from devlib import build
from devlib.bench import memory, micro, profile, results, scale
from devlib.bench.compare import Comparison
from devlib.bench.generator import Generator
from devlib.bench.ours import Ours
from devlib.bench.works import ROUNDS, USERS, Row, Work, works
from devlib.errors import DevError
from devlib.net import check_free
from devlib.progress import Progress, explain
from devlib.workspace import ROOT, Workspace

STATE = ROOT / "var" / "bench"
TARGETS = ("pbx-provisioning", "pbx-registrar", "pbx-proxy", "pbx-billing", "pbxctl", "pbx-migrate")
SECONDS = 10.0
MOST_RIVALS = 2  # of one work
OTHERS = ("parse", *micro.PLAIN, "memory", "scale", "million")
BY_DEFAULT_NOT = ("million",)  # takes minutes to fill
EXAMPLES = """\
  tools/dev bench                      all, about 20 minutes; the machine should do nothing else
  tools/dev bench register-shared      one; also register-first, register-database,
                                       register-memory, call, parse, routing, stores,
                                       memory, scale, million
  tools/dev bench call --profile       with a flame graph of each process under this load
  tools/dev bench call --rounds 1      quicker and less sure"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="all but million by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="measured, a run")
    parser.add_argument("--no-limit", action="store_true", help="do not look for the highest rate")
    parser.add_argument("--profile", action="store_true", help="record flame graphs (perf)")
    parser.add_argument("--no-build", action="store_true", help="run what is built already")
    parser.add_argument("--no-save", action="store_true", help="write no results file")


def run(progress: Progress, build_dir: Path, options: argparse.Namespace) -> int:
    known = [work.name for work in works(SECONDS)] + list(OTHERS)
    unknown = [name for name in options.names if name not in known]
    if unknown:
        raise DevError(f"there is no bench '{unknown[0]}'", hint=f"one of {', '.join(known)}")
    wanted = options.names or [name for name in known if name not in BY_DEFAULT_NOT]
    if not options.no_build:
        build.install(progress, "build", "run", "bench")
        _build(progress, build_dir)
    session = Session(progress, build_dir, options)
    rows = session.run(wanted)
    print(f"\n{results.show(rows)}\n")
    if not options.no_save and rows:
        path = results.save(rows)
        results.write_readme(path)
        print(f"written to {path.relative_to(ROOT)} and tests/bench/README.md")
    return 1 if session.failed else 0


def _build(progress: Progress, build_dir: Path) -> None:
    preset = build_dir.name
    with progress.step(f"configure {preset}") as step:  # again: a rival's package may be new
        step.run(["cmake", "--preset", preset], log=f"configure-{preset}", cwd=ROOT)
    known = (build_dir / "build.ninja").read_text()
    benches = [name for name in ("bench_load", *micro.TARGETS) if f" {name}:" in known]
    build.build(progress, preset, *TARGETS, *benches)


class Session:
    """One run of the command: the cluster is started once, a rival for each work of its own."""

    def __init__(self, progress: Progress, build_dir: Path, options: argparse.Namespace) -> None:
        shutil.rmtree(STATE, ignore_errors=True)
        self._progress = progress
        self._progress.log_dir = STATE / "log"
        self._build = build_dir
        self._options = options
        net, *self._rival_nets = free_nets(1 + MOST_RIVALS)
        self._rival = self._workspace("rival", self._rival_nets[0])
        self.ours = Ours(self._workspace("ours", net), progress, USERS)
        self._generator = Generator(build_dir / "bench" / "bench_load", f"{net}.101:20000")
        self._rows: list[Row] = []
        self.failed = False

    def run(self, wanted: list[str]) -> list[Row]:
        if "parse" in wanted:
            self._rows += micro.rows(self._build, self._progress)
        for name in micro.PLAIN:
            if name in wanted:
                self._keep(
                    lambda name=name: micro.plain_rows(name, self._build, self._progress)
                )
        loads = [work for work in works(self._options.seconds) if work.name in wanted]
        if loads or set(wanted) & {"memory", "scale", "million"}:
            try:
                self.ours.start()
                self._under_load(loads, wanted)
            finally:
                self.ours.stop()
        return self._rows

    def _under_load(self, loads: list[Work], wanted: list[str]) -> None:
        for work in loads:
            self._keep(lambda work=work: self._compare(work))
        for name, measure in (
            ("memory", memory.rows),
            ("scale", scale.rows),
            ("million", scale.million),
        ):
            if name in wanted:
                shared = (self.ours, self._generator, self._progress, self._rival)
                self._keep(lambda measure=measure: measure(*shared))

    def _keep(self, measure: Callable[[], list[Row]]) -> None:
        """One that fails does not take the others' rows along."""
        try:
            self._rows += measure()
        except DevError as error:
            self.failed = True
            explain(error)

    def _compare(self, work: Work) -> list[Row]:
        if self._options.no_limit:
            work = Work(**work.__dict__ | {"capacity": False})
        fresh = [self._rival_of(kind, i) for i, kind in enumerate(work.rivals)]
        try:
            for rival in fresh:
                with self._progress.step(rival.name):
                    rival.start()
            comparison = Comparison(work, self.ours, fresh, self._options.rounds)
            comparison.run(self._generator, self._progress)
            if self._options.profile:
                profile.record(work, self.ours, self._generator, self._progress)
            return comparison.rows()
        finally:
            for rival in reversed(fresh):
                rival.stop()

    def _rival_of(self, kind: Callable, index: int):
        """A rival with data and addresses of its own."""
        state = STATE / f"{kind.__name__}-{index}"
        shutil.rmtree(state, ignore_errors=True)
        return kind(self._workspace(state.name, self._rival_nets[index]))

    def _workspace(self, name: str, net: str) -> Workspace:
        return Workspace(STATE / name, self._build, net, attached=True)


def free_nets(count: int) -> list[str]:
    """Loopback nets that nobody uses."""
    found: list[str] = []
    start = os.getpid() + int(time.time())
    for attempt in range(200):
        net = f"127.{30 + attempt % 60}.{(start + attempt * 7) % 250 + 1}"
        try:
            for last in (2, 3, 4, 11, 12):
                check_free(f"{net}.{last}", 5060, "the bench", udp=True)
        except DevError:
            continue
        found.append(net)
        if len(found) == count:
            return found
    raise DevError("no free loopback net found")
