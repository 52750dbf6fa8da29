"""Redis' protocol, as much as tests need: one command, its answer as Python values."""

from __future__ import annotations

import socket
from typing import Any

Address = tuple[str, int]


class RedisSaid(Exception):
    """An error reply."""


def ask(address: Address, *words: str, password: str = "", timeout: float = 2) -> Any:
    """Text, int, None or a list of these; RedisSaid, or OSError when nobody answers."""
    with socket.create_connection(address, timeout) as connection:
        with connection.makefile("rb") as answers:
            if password:
                connection.sendall(_encode("AUTH", password))
                _read(answers)
            connection.sendall(_encode(*words))
            return _read(answers)


def answers(address: Address, *words: str, **more: Any) -> Any:
    """The same; None when nobody answers, or with an error."""
    try:
        return ask(address, *words, **more)
    except (OSError, RedisSaid):
        return None


def _encode(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def _read(answers) -> Any:
    line = answers.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the server hung up")
    kind, rest = line[:1], line[1:-2].decode(errors="replace")
    if kind == b"-":
        raise RedisSaid(rest)
    if kind == b":":
        return int(rest)
    if kind == b"+":
        return rest
    if kind == b"$":
        size = int(rest)
        return None if size < 0 else answers.read(size + 2)[:-2].decode(errors="replace")
    return [_read(answers) for _ in range(int(rest))]
