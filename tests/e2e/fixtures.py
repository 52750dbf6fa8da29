"""What every kind of test with a whole cluster shares: its programs, and its logs when a test fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def binary_dir() -> Path:
    return Path(os.environ.get("PBX_BINARY_DIR") or ROOT / "build" / "release")


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of each service's log."""
    report = (yield).get_result()
    site = getattr(item, "funcargs", {}).get("site")
    if report.when == "call" and report.failed and site is not None:
        report.sections += site.log_sections()
