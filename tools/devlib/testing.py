"""`tools/dev test`: checks, sanitizer builds, ctest, fuzzing, and one line that sums it all up."""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from pathlib import Path

from devlib import build, checks
from devlib.errors import DevError, tail
from devlib.process import end_with_parent
from devlib.progress import Progress, Step, elapsed, explain, table
from devlib.workspace import ROOT

CTEST_PARTS = ("unit", "contract", "integration", "chaos", "fuzz", "e2e")
PARTS = ("checks", *CTEST_PARTS, "tsan", "fuzzing")
LOGS = ROOT / "build" / "log"
OUTPUT_LIMIT = str(4 * 1024 * 1024)
SECOND_TRY = ("contract", "integration", "e2e", "chaos")
BY_PYTEST = ("e2e", "chaos")
SANITIZER_FINDING = r"(ERROR|WARNING): \w+Sanitizer|runtime error: "
EXAMPLES = """\
  tools/dev test                     everything, as CI runs it
  tools/dev test unit contract       parts: checks, unit, contract, integration, chaos, fuzz (replay
                                     of the corpora), e2e, tsan, fuzzing
  tools/dev test unit --preset dev   without sanitizers, quicker to build
  tools/dev test e2e -R e2e.calls    only what matches
  tools/dev test fuzzing --fuzz-seconds 600"""

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


@dataclass
class Stage:
    """What one stage counted. A test is a Catch2 case, a pytest test, a fuzz target or a check."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    second_try: int = 0
    took: float = 0.0
    failures: list[str] = field(default_factory=list)
    first_tries: list[str] = field(default_factory=list)

    def fail(self, name: str, lines: list[str]) -> None:
        self.failures.append(_told(name, lines))

    def passed_at_second_try(self, name: str, lines: list[str]) -> None:
        self.second_try += 1
        self.first_tries.append(_told(name, lines))


def _told(name: str, lines: list[str]) -> str:
    return "\n".join([name, *(f"    {line[:300]}" for line in lines)])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"all by default; of {', '.join(PARTS)}"
    )
    parser.add_argument("--preset", default="asan", help="build for the ctest parts (default asan)")
    parser.add_argument("-R", "--regex", default="", help="only ctest entries whose name matches")
    parser.add_argument(
        "--fuzz-seconds", type=int, default=60, metavar="N", help="each target (default 60)"
    )
    parser.add_argument(
        "--no-install", action="store_true", help="do not look for missing packages"
    )


def run(progress: Progress, options: argparse.Namespace) -> int:
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        raise DevError(f"there is no part '{unknown[0]}'", hint=f"one of {', '.join(PARTS)}")
    progress.log_dir = LOGS
    wanted = options.parts or list(PARTS)
    if not options.no_install:
        build.install(progress, "all")
    ctest_parts = [part for part in wanted if part in CTEST_PARTS]
    stages: list[Stage] = []
    if "checks" in wanted:
        stages.append(_stage("checks", progress, _checks))
    if ctest_parts:
        stages.append(
            _stage(
                options.preset,
                progress,
                lambda s, p: _ctest(s, p, options.preset, ctest_parts, options.regex),
            )
        )
    if "tsan" in wanted:
        stages.append(_stage("tsan", progress, lambda s, p: _ctest_tsan(s, p, options.regex)))
    if "fuzzing" in wanted:
        stages.append(
            _stage(
                "fuzzing", progress, lambda s, p: _fuzz(s, p, options.fuzz_seconds, options.regex)
            )
        )
    return _sum_up(stages)


def _stage(name: str, progress: Progress, body: Callable[[Stage, Progress], None]) -> Stage:
    """Runs one stage; its failure to build is a failed test, and the others still run."""
    stage = Stage(name)
    started = time.monotonic()
    try:
        body(stage, progress)
    except DevError as error:
        explain(error)
        stage.failed += 1
        stage.fail(f"{name}: {error}", tail(error.log, 20) if error.log else [])
    stage.took = time.monotonic() - started
    return stage


def _sum_up(stages: list[Stage]) -> int:
    sys.stderr.flush()
    for stage in stages:
        for first in stage.first_tries:
            print(f"\nFAILED AT THE FIRST TRY, passed at the second: {first}")
        for failure in stage.failures:
            print(f"\nFAILED {failure}")
    passed, failed, skipped, second = (
        sum(getattr(stage, what) for stage in stages)
        for what in ("passed", "failed", "skipped", "second_try")
    )
    rows = [
        (stage.name, str(stage.passed), str(stage.failed), str(stage.skipped), elapsed(stage.took))
        for stage in stages
    ]
    print(f"\n{table(('STAGE', 'PASSED', 'FAILED', 'SKIPPED', 'TIME'), rows)}\n")
    print(
        f"{passed} passed, {failed} failed"
        + (f", {skipped} skipped" if skipped else "")
        + (f"; {second} test programs passed at the second try, see above" if second else ""),
        flush=True,
    )
    return 1 if failed or not passed else 0


def _checks(stage: Stage, progress: Progress) -> None:
    with progress.step("format and source checks") as step:
        outcomes = checks.all_outcomes()
        step.result = f"{len(outcomes)} checks"
    for outcome in outcomes:
        if outcome.passed:
            stage.passed += 1
        else:
            stage.failed += 1
            stage.fail(f"check: {outcome.name}", outcome.complaints)


def _ctest(stage: Stage, progress: Progress, preset: str, labels: list[str], regex: str) -> None:
    build.build(progress, preset)
    for label in labels:
        _run_ctest(stage, progress, preset, label, regex)


def _ctest_tsan(stage: Stage, progress: Progress, regex: str) -> None:
    """Only what has threads is in this build (THREADED in pbx_test), and only its programs are compiled."""
    build.configure(progress, "tsan")
    targets = _test_programs("tsan")
    if targets:
        build.build(progress, "tsan", *targets)
    for label in ("unit", "contract", "integration"):
        _run_ctest(stage, progress, "tsan", label, regex)


def _test_programs(preset: str) -> list[str]:
    """Targets of pbx_test; a build holds only those that its preset runs."""
    listed = subprocess.run(
        ["ninja", "-C", str(ROOT / "build" / preset), "-t", "targets", "all"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(
        set(re.findall(r"^((?:unit|contract|integration)_\w+_test): phony", listed, re.M))
    )


def _run_ctest(stage: Stage, progress: Progress, preset: str, label: str, regex: str) -> None:
    """Runs what has the label. With real processes and backends a machine's hiccup can fail a test: what
    failed runs a second time, alone, and the summary says so. Sanitizers' findings get no second try."""
    report = ROOT / "build" / preset / f"junit-{label}.xml"
    argv = ["-L", f"^{label}$", "-j", str(os.cpu_count() or 2), *(["-R", regex] if regex else [])]
    with progress.step(f"{preset}: {label}") as step:
        log = LOGS / f"ctest-{preset}-{label}.log"
        code = _ctest_once(step, preset, argv, report, log, {})
        before = stage.passed, stage.failed
        again = failed_programs(report) if label in SECOND_TRY else {}
        _count(stage, preset, report, leave_out=again)
        if again:
            second = report.with_name(f"junit-{label}-second.xml")
            names = "|".join(re.escape(name) for name in again)
            argv = ["-L", f"^{label}$", "-R", f"^({names})$"]
            log = log.with_stem(f"{log.stem}-second")
            # pytest runs only what failed.
            code = _ctest_once(step, preset, argv, second, log, {"PYTEST_ADDOPTS": "--last-failed"})
            still = failed_programs(second, findings=True)
            _count(stage, preset, second)
            for name, output in again.items():
                stage.passed += counts_of(output)[0] if label in BY_PYTEST else 0
                if name not in still:
                    stage.passed_at_second_try(f"{preset}: {name}", output.splitlines()[-60:])
        step.result = f"{stage.passed - before[0]} passed, {stage.failed - before[1]} failed"
        if code != 0 and stage.failed == before[1]:
            raise DevError(f"ctest ended with {code}", log=log)


def _ctest_once(
    step: Step, preset: str, argv: list[str], report: Path, log: Path, environment: dict[str, str]
) -> int:
    report.unlink(missing_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    fixed = [
        "ctest",
        "--test-dir",
        str(ROOT / "build" / preset),
        "--no-tests=ignore",
        "--output-on-failure",
        "--output-junit",
        str(report),
        "--test-output-size-passed",
        OUTPUT_LIMIT,
        "--test-output-size-failed",
        OUTPUT_LIMIT,
    ]
    with log.open("wb") as out:
        step.log_written = log
        child = subprocess.Popen(
            fixed + argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **_sanitizer_environment(), **environment},
            preexec_fn=end_with_parent,
        )
        while True:
            try:
                return child.wait(0.5)
            except subprocess.TimeoutExpired:
                step.doing = "".join(tail(log, 1)).strip()


def failed_programs(report: Path, findings: bool = False) -> dict[str, str]:
    """Name and output of what failed; without `findings` only where no sanitizer has found anything."""
    if not report.exists():
        return {}
    failed = {
        case.get("name", ""): case.findtext("system-out") or ""
        for case in xml.parse(report).getroot().iter("testcase")
        if case.get("status") == "fail"
    }
    return {
        name: output
        for name, output in failed.items()
        if findings or not re.search(SANITIZER_FINDING, output)
    }


def _sanitizer_environment() -> dict[str, str]:
    """The options that tests run with; what the caller set goes last, so it wins."""
    environment = {}
    for name, options in SANITIZERS.items():
        kind = name.partition("_")[0].lower()
        file = ROOT / "tests" / "support" / f"{'lsan' if kind == 'asan' else kind}.supp"
        if kind == "asan" and file.exists():
            environment["LSAN_OPTIONS"] = f"suppressions={file}:print_suppressions=0"
        elif file.exists():
            options += f":suppressions={file}"
        environment[name] = ":".join(filter(None, (options, os.environ.get(name))))
    return environment


def _count(
    stage: Stage, preset: str, report: Path, leave_out: Container[str] = frozenset()
) -> None:
    if not report.exists():
        return
    for case in xml.parse(report).getroot().iter("testcase"):
        if case.get("name") in leave_out:
            continue
        output = case.findtext("system-out") or ""
        status = case.get("status")
        if status == "disabled" or status == "notrun" and case.find("skipped") is not None:
            stage.skipped += 1
            continue
        passed, failed, skipped = counts_of(output)
        if status == "run":
            failed = 0
            passed = passed or (0 if skipped else 1)
        else:
            failed = failed or 1
            stage.fail(f"{preset}: {case.get('name')}", output.splitlines()[-60:])
        stage.passed += passed
        stage.failed += failed
        stage.skipped += skipped


def counts_of(output: str) -> tuple[int, int, int]:
    """Passed, failed and skipped cases by the last line of Catch2 or pytest; zeros when there is none."""
    catch_all = re.findall(r"All tests passed \(\d+ assertions? in (\d+) test cases?\)", output)
    if catch_all:
        return int(catch_all[-1]), 0, 0
    catch = re.findall(r"test cases:\s+\d+ \|(.*)", output)
    line = catch[-1] if catch else ""
    if not line:
        pytest = re.findall(r"^=*\s*((?:\d+ \w+,? ?)+) in [\d.]+s", output, re.M)
        line = pytest[-1] if pytest else ""
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", line)}
    failed = numbers.get("failed", 0) + numbers.get("errors", 0) + numbers.get("error", 0)
    return numbers.get("passed", 0), failed, numbers.get("skipped", 0)


def fuzz_targets() -> list[str]:
    """Names in the pbx_fuzz(...) lines of tests/fuzz."""
    lists = sorted((ROOT / "tests" / "fuzz").glob("*.cmake"))
    return sorted(
        {
            name
            for file in lists
            for name in re.findall(r"^\s*pbx_fuzz\((\w+)", file.read_text(), re.M)
        }
    )


def _fuzz(stage: Stage, progress: Progress, seconds: int, regex: str) -> None:
    targets = [name for name in fuzz_targets() if re.search(regex, f"fuzz.{name}")]
    if not targets:
        return
    build.configure(progress, "fuzz")
    build.build(progress, "fuzz", *(f"fuzz_{name}" for name in targets))
    with progress.step(f"fuzz {len(targets)} targets, {seconds} s each") as step:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            running = {pool.submit(_fuzz_one, name, seconds): name for name in targets}
            for done in concurrent.futures.as_completed(running):
                log, code = done.result()
                if code == 0:
                    stage.passed += 1
                else:
                    stage.failed += 1
                    stage.fail(f"fuzz target {running[done]}, see {log}", tail(log, 40))
                step.doing = (
                    f"{stage.passed + stage.failed} of {len(targets)}, last {running[done]}"
                )
        step.result = f"{stage.passed} clean, {stage.failed} failed"


def _fuzz_one(name: str, seconds: int) -> tuple[Path, int]:
    """Runs one target on a copy of its corpus; crashes are kept beside it."""
    folder = ROOT / "build" / "fuzz" / "run" / name
    work = folder / "corpus"
    work.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "tests" / "fuzz" / "corpus" / name
    dictionary = ROOT / "tests" / "fuzz" / f"{name}.dict"
    log = folder / "log"
    argv = [
        str(ROOT / "build" / "fuzz" / "fuzz" / f"fuzz_{name}"),
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={folder}/",
        *([f"-dict={dictionary}"] if dictionary.exists() else []),
        str(work),
        *([str(seeds)] if seeds.is_dir() else []),
    ]
    with log.open("wb") as out:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
            env={**os.environ, **_sanitizer_environment()},
            preexec_fn=end_with_parent,
        )
    return log, done.returncode
