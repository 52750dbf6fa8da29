"""pbxctl for programs: runs it with --json and gives back what it printed."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from devlib.errors import DevError
from devlib.workspace import Workspace

TIMEOUT = 20.0


class PbxctlRefused(DevError):
    """pbxctl ended with 1: the services refused, in its own sentence."""


class Pbxctl:
    def __init__(self, workspace: Workspace) -> None:
        self._program = workspace.program("pbxctl")
        self._environment = {**os.environ, "PBXCTL_CONFIG": str(workspace.state / "pbxctl.json")}

    def __call__(
        self, *words: str, stdin: str = "", environment: dict[str, str] | None = None
    ) -> Any:
        """`pbxctl("user", "list")`: the JSON that it prints, None if it prints nothing."""
        try:
            done = subprocess.run(
                [str(self._program), "--json", *words],
                env={**self._environment, **(environment or {})},
                input=stdin,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except FileNotFoundError:
            raise DevError(f"{self._program} is not built", hint="tools/dev build") from None
        except subprocess.TimeoutExpired:
            raise DevError(f"pbxctl {' '.join(words)} did not end within {TIMEOUT:.0f} s") from None
        if done.returncode != 0:
            raise PbxctlRefused(
                f"pbxctl {' '.join(words)}: {done.stderr.strip() or done.returncode}"
            )
        return json.loads(done.stdout) if done.stdout.strip() else None
