"""One cluster a session, built from the programs in $PBX_BINARY_DIR; phones a test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tools")]

from fixtures import binary_dir, pytest_runtest_makereport  # noqa: E402, F401
from phones.baresip import Phones  # noqa: E402
from site_under_test import Site, free_net  # noqa: E402


@pytest.fixture(scope="session")
def site(binary_dir, tmp_path_factory):
    """The running cluster with its demo tenants."""
    site = Site(binary_dir, tmp_path_factory.mktemp("cluster"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture
def phones(site, tmp_path):
    """Makes baresip phones; they end with the test, and so do their registrations."""
    phones = Phones(site.address, tmp_path)
    yield phones
    phones.stop()
    site.forget_bindings()


@pytest.fixture
def net() -> str:
    """A loopback net that nobody uses, for tests without a cluster."""
    return free_net()
