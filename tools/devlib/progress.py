"""Steps with their time: a living line on a terminal, plain lines in a log."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from devlib.errors import DevError, tail
from devlib.process import end_with_parent

STILL_RUNNING_EVERY = 30.0  # seconds between lines of a long step where there is no terminal
REDRAW_EVERY = 0.2
WIDTH = 100


class Progress:
    """Prints each step's name, what it is doing and how long it took."""

    def __init__(self, log_dir: Path, out: TextIO = sys.stderr) -> None:
        self.log_dir = log_dir
        self.out = out
        self.terminal = out.isatty() and os.environ.get("TERM") != "dumb"

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator["Step"]:
        step = Step(self, name)
        step.begin()
        try:
            yield step
        except DevError as error:
            step.end("failed")
            error.log = error.log or step.log_written
            raise
        except BaseException:
            step.end("stopped")
            raise
        step.end("done")

    def say(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()


class Step:
    """One running step. `doing` may change while it runs."""

    def __init__(self, progress: Progress, name: str) -> None:
        self.name = name
        self.doing = ""
        self.result = ""
        self.log_written: Path | None = None
        self._progress = progress
        self._started = time.monotonic()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def begin(self) -> None:
        self._ticker.start()

    def end(self, word: str) -> None:
        self._over.set()
        self._ticker.join()
        took = elapsed(time.monotonic() - self._started)
        mark = {"done": "ok  ", "failed": "FAIL"}.get(word, "stop")
        clear = "\r\x1b[K" if self._progress.terminal else ""
        note = f"  {self.result}" if self.result else ""
        self._progress.say(f"{clear}{mark}  {self.name:<34}{took:>9}{note}")

    def run(
        self,
        argv: list[str],
        *,
        log: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        hint: str = "",
        fail: str = "",
    ) -> None:
        """Runs a command with its output in `<log>.log`; not 0 is a DevError with the log's end."""
        path = self._progress.log_dir / f"{log}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.log_written = path
        with path.open("wb") as file:
            try:
                child = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env={**os.environ, **(env or {})},
                    preexec_fn=end_with_parent,
                )
            except OSError as error:
                raise DevError(f"cannot run {argv[0]}: {error}", hint=hint) from None
            try:
                while True:
                    try:
                        code = child.wait(REDRAW_EVERY)
                        break
                    except subprocess.TimeoutExpired:
                        self.doing = "".join(tail(path, 1))
            except BaseException:
                child.terminate()
                child.wait()
                raise
        self.doing = ""
        if code != 0:
            raise DevError(fail or f"'{' '.join(argv[:3])}' ended with {code}", hint=hint, log=path)

    def _tick(self) -> None:
        said = self._started
        if not self._progress.terminal:
            self._progress.say(f"..    {self.name}")
        while not self._over.wait(REDRAW_EVERY):
            now = time.monotonic()
            took = elapsed(now - self._started)
            if self._progress.terminal:
                line = f"..    {self.name:<34}{took:>9}  {self.doing}"[:WIDTH]
                self._progress.out.write(f"\r\x1b[K{line}")
                self._progress.out.flush()
            elif now - said >= STILL_RUNNING_EVERY:
                said = now
                self._progress.say(f"..    {self.name:<34}{took:>9}  {self.doing}"[:WIDTH])


def elapsed(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def explain(error: DevError, out: TextIO = sys.stderr) -> None:
    """Prints a failure: what, the end of its log, what to do next."""
    out.write(f"\ntools/dev: {error}\n")
    if error.log:
        lines = tail(error.log)
        if lines:
            out.write(f"\nthe end of {error.log}:\n")
            out.writelines(f"    {line[:200]}\n" for line in lines)
    if error.hint:
        out.write(f"\nwhat to do: {error.hint}\n")
    out.flush()


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table for people: columns as wide as their widest cell."""
    lines = [headings, *rows]
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(headings))]
    text = [
        "  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(text)
