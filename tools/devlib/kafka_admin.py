"""Makes Kafka topics with the one request that it takes (CreateTopics, version 2 of the protocol)."""

from __future__ import annotations

import json
import socket
import struct
import time

from devlib.errors import DevError
from devlib.workspace import ROOT

TOPICS = ROOT / "deploy" / "kafka" / "topics.json"
CREATE_TOPICS, VERSION = 19, 2
ALREADY_EXISTS = 36
RETRIABLE = {5, 7, 41}  # no leader yet, timed out, not the controller
HOUR_MS = 3_600_000


def ensure_topics(host: str, port: int, timeout: float = 30.0) -> str:
    """Makes those of deploy/kafka/topics.json that are missing; returns what was done, in words."""
    wanted = json.loads(TOPICS.read_text())
    deadline = time.monotonic() + timeout
    while True:
        errors = _create(host, port, wanted)
        bad = {name: code for name, code in errors.items() if code not in (0, ALREADY_EXISTS)}
        if not bad:
            made = sum(code == 0 for code in errors.values())
            return f"{made} made" if made else f"{len(errors)} there"
        if time.monotonic() > deadline or not set(bad.values()) <= RETRIABLE:
            raise DevError(f"Kafka did not make topics: {bad}", hint="tools/dev logs kafka")
        time.sleep(0.1)


def _create(host: str, port: int, topics: list[dict]) -> dict[str, int]:
    """Error code by topic."""
    body = struct.pack(">i", len(topics)) + b"".join(_topic(topic) for topic in topics)
    head = struct.pack(">hhi", CREATE_TOPICS, VERSION, 1) + _text("tools-dev")
    request = head + body + struct.pack(">i?", 10_000, False)
    with socket.create_connection((host, port), 15) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _read(connection, 4))
        answer = _read(connection, size)
    return _errors(answer)


def _topic(topic: dict) -> bytes:
    configs = {"cleanup.policy": "compact" if topic["compacted"] else "delete"}
    if topic["retention_hours"]:
        configs["retention.ms"] = str(topic["retention_hours"] * HOUR_MS)
    head = _text(topic["name"]) + struct.pack(">ihi", topic["partitions"], 1, 0)
    return (
        head
        + struct.pack(">i", len(configs))
        + b"".join(_text(name) + _text(value) for name, value in configs.items())
    )


def _errors(answer: bytes) -> dict[str, int]:
    count = struct.unpack_from(">i", answer, 8)[0]  # after correlation id and throttle time
    errors, at = {}, 12
    for _ in range(count):
        name, at = _take_text(answer, at)
        errors[name] = struct.unpack_from(">h", answer, at)[0]
        _, at = _take_text(answer, at + 2)
    return errors


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text.encode())) + text.encode()


def _take_text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">h", data, at)
    end = at + 2 + max(length, 0)
    return data[at + 2 : end].decode(), end


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise DevError("Kafka closed the connection", hint="tools/dev logs kafka")
        data += more
    return data
