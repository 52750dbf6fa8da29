"""sipsak: pings a server with OPTIONS and registers."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    exit_code: int
    text: str

    @property
    def ok(self) -> bool:
        """sipsak got a positive answer."""
        return self.exit_code == 0


def _run(*arguments: str, timeout: float = 30) -> Answer:
    done = subprocess.run(
        ["sipsak", "-vvv", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    return Answer(done.returncode, done.stdout + done.stderr)


def options(uri: str, *, proxy: str = "", local: str = "", transport: str = "udp") -> Answer:
    """OPTIONS to a URI, sent to `proxy` if given."""
    return _run(*_way(proxy, local), "-E", transport, "-s", uri)


def register(
    aor: str, password: str, contact: str, *, proxy: str, local: str = "", expires: int = 60
) -> Answer:
    """REGISTER with digest."""
    user = aor.partition("@")[0]
    return _run(
        *_way(proxy, local),
        "-U",
        "-C",
        contact,
        "-x",
        str(expires),
        "-u",
        user,
        "-a",
        password,
        "-s",
        f"sip:{aor}",
    )


def _way(proxy: str, local: str) -> list[str]:
    """Where to send and from where; sipsak wants it before the URI, or it looks the URI's host up."""
    return [*(["-p", proxy] if proxy else []), *(["-k", local] if local else [])]
