"""Packages and compiling."""

from __future__ import annotations

import os

from devlib.progress import Progress
from devlib.workspace import ROOT

INSTALL = ROOT / "tools" / "install_deps.sh"


def install(progress: Progress, *sets: str) -> None:
    """Debian packages; quick when all are there."""
    with progress.step(f"packages ({', '.join(sets)})") as step:
        for name in sets:
            step.run(
                [str(INSTALL), name],
                log="packages",
                fail="packages could not be installed",
                hint="run as root or with sudo on Debian 12, with its package mirrors in reach",
            )


def configure(progress: Progress, preset: str) -> None:
    """Configures the preset, once."""
    if (ROOT / "build" / preset / "build.ninja").exists():
        return
    with progress.step(f"configure {preset}") as step:
        step.run(
            ["cmake", "--preset", preset],
            log=f"configure-{preset}",
            cwd=ROOT,
            fail=f"the preset '{preset}' could not be configured",
            hint="cmake --list-presets names the presets; tools/install_deps.sh build installs the libraries",
        )


def build(progress: Progress, preset: str, *targets: str) -> None:
    """Builds all of a preset, or these targets of it."""
    configure(progress, preset)
    with progress.step(f"build {preset}") as step:
        step.run(
            [
                "cmake",
                "--build",
                str(ROOT / "build" / preset),
                "-j",
                str(os.cpu_count() or 2),
                *(["--target", *targets] if targets else []),
            ],
            log=f"build-{preset}",
            cwd=ROOT,
            fail=f"the preset '{preset}' does not compile",
            hint="the first error is what counts: look for 'error:' in that log",
        )
