"""What goes wrong in words a person can act on."""

from __future__ import annotations

from pathlib import Path


class DevError(Exception):
    """A step failed. `hint` says what to do next; `log` is the file whose end is worth reading."""

    def __init__(self, message: str, *, hint: str = "", log: Path | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.log = log


def tail(path: Path, lines: int = 15) -> list[str]:
    """The last lines of a text file; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            size = file.tell()
            file.seek(max(0, size - 64 * 1024))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
