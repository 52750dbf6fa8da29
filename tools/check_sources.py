"""What the checks of the source text share: which files, and how faults are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

FOLDERS = ("libs", "services", "tests", "tools")


def sources(root: Path) -> list[Path]:
    return sorted(
        path
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.suffix in (".hpp", ".cpp")
    )


def run(
    about: str, faults: Callable[[str], list[tuple[int, str]]], arguments: list[str]
) -> int:
    """Prints the faults of all C++ files of the tree, or of those given. The exit status: 1 if any."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(about.strip())
        return 0
    root = Path(__file__).resolve().parents[1]
    bad = False
    for path in [Path(name) for name in arguments] or sources(root):
        for line, what in faults(path.read_text(errors="replace")):
            bad = True
            name = path.relative_to(root) if path.is_relative_to(root) else path
            print(f"{name}:{line}: {what}")
    return 1 if bad else 0
