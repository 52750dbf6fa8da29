"""A new service has the house shape and is known to the build."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from check_includes import Tree, faults
from check_proto import contract
from new_service import main, make

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def tree(tmp_path):
    for file in (
        "services/CMakeLists.txt",
        "proto/CMakeLists.txt",
        "proto/pbx/config/v1/common.proto",
        ".clang-format",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def test_a_service_is_made_once_and_named_well(tree, capsys):
    assert main(["media_relay", "forwards RTP between peers", "--root", str(tree)]) == 0
    assert "services/media_relay" in capsys.readouterr().out
    assert main(["media_relay", "again", "--root", str(tree)]) == 1
    assert main(["Media-Relay", "wrong", "--root", str(tree)]) == 1
    folder = tree / "services" / "media_relay"
    assert {p.name for p in folder.iterdir()} == {
        "CMakeLists.txt",
        "README.md",
        "config.json",
        "main.cpp",
        "serve.hpp",
        "serve.cpp",
        "metrics.hpp",
        "metrics.cpp",
        "domain",
        "adapters",
        "fronts",
    }
    assert (folder / "main.cpp").read_text().startswith("// Forwards RTP between peers.\n")


def test_the_build_knows_it(tree):
    make(tree, "media_relay", "forwards RTP")
    assert " media_relay)" in (tree / "services" / "CMakeLists.txt").read_text()
    assert "pbx/config/v1/media_relay.proto)" in (tree / "proto" / "CMakeLists.txt").read_text()
    assert contract(tree)["pbx.config.v1.MediaRelay#1"] == "Process process"


def test_it_keeps_the_projects_rules(tree):
    make(tree, "media_relay", "forwards RTP")
    assert faults(Tree(tree)) == []
    sources = [str(p) for p in (tree / "services").rglob("*.?pp")] + [
        str(p) for p in (tree / "tests").rglob("*.cpp")
    ]
    formatted = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *sources],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stderr
