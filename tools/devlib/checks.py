"""Checks of the source text: format and the project's own rules."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from devlib.workspace import ROOT

CPP = ("*.hpp", "*.cpp")


@dataclass(frozen=True)
class Outcome:
    name: str
    complaints: list[str]

    @property
    def passed(self) -> bool:
        return not self.complaints


def run(*, fix: bool) -> int:
    """Runs all, prints what is wrong; 0 when nothing is."""
    if fix:
        _format_all()
    outcomes = all_outcomes()
    for outcome in outcomes:
        print(f"{'ok  ' if outcome.passed else 'FAIL'}  {outcome.name}")
        for line in outcome.complaints:
            print(f"      {line}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def all_outcomes() -> list[Outcome]:
    return [check() for check in CHECKS]


def _format() -> Outcome:
    files = _tracked()
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    unformatted = sorted(
        {line.partition(":")[0] for line in done.stderr.splitlines() if ": error:" in line}
    )
    complaints = [f"{name}: not formatted (tools/dev check --fix)" for name in unformatted]
    return Outcome("clang-format", complaints or _unexplained(done))


def _format_all() -> None:
    subprocess.run(["clang-format", "-i", *_tracked()], cwd=ROOT, check=True)


def _tracked() -> list[str]:
    """C++ files that git knows or would add, without generated and deleted ones."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *CPP],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [name for name in sorted(set(listed)) if (ROOT / name).exists()]


def _script(name: str, title: str) -> Callable[[], Outcome]:
    def check() -> Outcome:
        done = subprocess.run(
            [sys.executable, str(ROOT / "tools" / name)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(title, done.stdout.splitlines() if done.returncode else _unexplained(done))

    return check


def _unexplained(done: subprocess.CompletedProcess) -> list[str]:
    """What a check that failed in another way said."""
    return (
        []
        if done.returncode == 0
        else (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])
    )


CHECKS: tuple[Callable[[], Outcome], ...] = (
    _format,
    _script("check_includes.py", "includes keep to the layers"),
    _script("check_coawait.py", "no braces in co_await expressions"),
    _script("check_chars.py", "no comparison that the sign of char decides"),
    _script("check_proto.py", "proto/ breaks no reader"),
)
