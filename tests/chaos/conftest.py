"""One cluster a session, whole before each test; what e2e has (site, phones, waiting) is used from there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e"), str(ROOT / "tools")]

from chaos_site import ChaosSite  # noqa: E402
from fixtures import binary_dir, pytest_runtest_makereport  # noqa: E402, F401


@pytest.fixture(scope="session")
def whole_site(binary_dir, tmp_path_factory):
    site = ChaosSite(binary_dir, tmp_path_factory.mktemp("cluster"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture
def site(whole_site):
    """The cluster, mended afterwards whatever the test left broken."""
    whole_site.wait_ready()
    yield whole_site
    whole_site.mend()


@pytest.fixture
def stand_in(site):
    """Kills a proxy and puts another node, whose name it gives, on its address; undone afterwards."""
    made = []

    def replace(node: str) -> str:
        site.kill(node)
        made.append(site.stand_in(node))
        return made[-1].node

    yield replace
    for standby in made:
        site.stand_down(standby)
