"""Waiting without fixed sleeps: poll until it is true or a deadline has passed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 15.0


def until(
    value: Callable[[], T],
    what: str,
    timeout: float = PATIENCE,
    instead: Callable[[], object] | None = None,
) -> T:
    """The first true value; AssertionError that names what did not come, and what was `instead`."""
    deadline = time.monotonic() + timeout
    pause = 0.01
    while not (found := value()):
        if time.monotonic() > deadline:
            last = instead() if instead else found
            raise AssertionError(f"{what}: not within {timeout:g} s (last: {last!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return found
