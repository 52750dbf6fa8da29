"""The wire of baresip's ctrl_tcp module: commands, answers and events as JSON in netstrings."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

CONTROL_PORT = 4444
START_TIMEOUT = 15.0
ANSWER_TIMEOUT = 10.0


class PhoneError(Exception):
    """The phone did not do what was asked, or did not see in time what was waited for."""


@dataclass(frozen=True)
class Event:
    """One event of baresip: `kind` is CALL_ESTABLISHED, REGISTER_OK …, `param` what it adds in words."""

    kind: str
    param: str = ""
    peer: str = ""
    call_id: str = ""
    at: float = 0.0
    raw: dict = field(default_factory=dict, compare=False)


class Control:
    """The ctrl_tcp connection: commands out; answers and events in, read by a thread."""

    def __init__(self, address: str, alive: Callable[[], None]) -> None:
        self._socket = _connect(address, alive)
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._first = 0
        self._answers: dict[str, dict] = {}
        self._next_token = 0
        self._closed = False
        self._reader = threading.Thread(target=self._read, name=f"phone {address}", daemon=True)
        self._reader.start()

    def command(self, name: str, params: str) -> str:
        self._next_token += 1
        token = str(self._next_token)
        request = {"command": name, "token": token}
        if params:
            request["params"] = params
        body = json.dumps(request).encode()
        self._socket.sendall(b"%d:%s," % (len(body), body))
        with self._changed:
            if not self._changed.wait_for(
                lambda: token in self._answers or self._closed, ANSWER_TIMEOUT
            ):
                raise PhoneError(f"baresip did not answer the command '{name}'")
            answer = self._answers.pop(token, None)
        if answer is None:
            raise PhoneError(f"baresip went away during the command '{name}'")
        if not answer.get("ok", True):
            raise PhoneError(f"baresip refused '{name} {params}': {plain(answer.get('data', ''))}")
        return answer.get("data", "")

    def seen(self) -> list[Event]:
        with self._changed:
            return list(self._events)

    def forget(self) -> None:
        with self._changed:
            self._first = len(self._events)

    def wait(self, kinds: tuple[str, ...], timeout: float) -> Event | None:
        def found() -> Event | None:
            return next((e for e in self._events[self._first :] if e.kind in kinds), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._closed, timeout)
            return found()

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._reader.join(5)
        self._socket.close()

    def _read(self) -> None:
        buffer = b""
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            messages, buffer = take_netstrings(buffer + data)
            for message in messages:
                self._take(json.loads(message.decode(errors="replace"), strict=False))
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _take(self, message: dict) -> None:
        with self._changed:
            if message.get("event"):
                self._events.append(
                    Event(
                        kind=message.get("type", ""),
                        param=message.get("param", ""),
                        peer=message.get("peeruri", ""),
                        call_id=message.get("id", ""),
                        at=time.time(),
                        raw=message,
                    )
                )
            elif message.get("response"):
                self._answers[message.get("token", "")] = message
            self._changed.notify_all()


def take_netstrings(data: bytes) -> tuple[list[bytes], bytes]:
    """Whole netstrings (`5:hello,`) at the start of `data`, and what is left."""
    whole = []
    while True:
        head, colon, rest = data.partition(b":")
        if not colon or len(rest) < int(head) + 1:
            return whole, data
        whole.append(rest[: int(head)])
        data = rest[int(head) + 1 :]


def plain(text: str) -> str:
    """`text` without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def _connect(address: str, alive: Callable[[], None]) -> socket.socket:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        alive()
        try:
            connection = socket.create_connection((address, CONTROL_PORT), 1)
            connection.settimeout(None)
            return connection
        except OSError as error:
            if time.monotonic() > deadline:
                raise PhoneError(
                    f"baresip at {address} did not open its control port: {error}"
                ) from None
            time.sleep(0.02)
