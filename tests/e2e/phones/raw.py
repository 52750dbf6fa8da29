"""Bare UDP and TCP sockets that speak SIP, well or badly."""

from __future__ import annotations

import socket
import time

from phones.sip import Message, Request, parse

PATIENCE = 10.0
SIP_PORT = 5060


class RawUdp:
    """Sends datagrams from one address; a context manager."""

    transport = "UDP"

    def __init__(self, address: str, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))

    def __enter__(self) -> "RawUdp":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def local(self) -> str:
        return "%s:%d" % self._socket.getsockname()

    def send(self, data: bytes, to: str, port: int = SIP_PORT) -> None:
        self._socket.sendto(data, (to, port))

    def receive(self, timeout: float = PATIENCE) -> Message | None:
        """The next message; None if none comes in time."""
        self._socket.settimeout(timeout or 0.0001)
        try:
            return parse(self._socket.recv(65536))
        except (TimeoutError, BlockingIOError):
            return None

    def ask(self, request: Request, to: str) -> Message:
        """Sends a request until its final response is there (T1 doubling, as UDP asks); ACKs refusals."""
        return _ask(self, request, to, resend=True)


class RawTcp:
    """One TCP connection to a proxy; a context manager."""

    transport = "TCP"

    def __init__(self, address: str, to: str, port: int = SIP_PORT) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((address, 0))
        self._socket.settimeout(PATIENCE)
        self._socket.connect((to, port))
        self._buffer = b""

    def __enter__(self) -> "RawTcp":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def local(self) -> str:
        return "%s:%d" % self._socket.getsockname()

    def send(self, data: bytes, *_: object) -> None:
        self._socket.sendall(data)

    def receive(self, timeout: float = PATIENCE) -> Message | None:
        """The next message; None if none comes in time or the peer closed."""
        deadline = time.monotonic() + timeout
        while not (message := self._take()):
            self._socket.settimeout(max(deadline - time.monotonic(), 0.0001))
            try:
                data = self._socket.recv(65536)
            except (TimeoutError, BlockingIOError, ConnectionResetError):
                return None
            if not data:
                return None
            self._buffer += data
        return message

    def closed_by_peer(self, timeout: float = PATIENCE) -> bool:
        """Waits for the peer to close; what it sends before that is kept."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.0001))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return False
            except ConnectionResetError:
                return True
            if not data:
                return True
            self._buffer += data
        return False

    def ask(self, request: Request, to: str = "") -> Message:
        return _ask(self, request, to, resend=False)

    def _take(self) -> Message | None:
        self._buffer = self._buffer.lstrip(b"\r\n")
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        message = parse(head + end)
        length = int((message.all("content-length") or message.all("l") or ["0"])[0])
        if len(rest) < length:
            return None
        message.body, self._buffer = rest[:length], rest[length:]
        return message


def _ask(client: RawUdp | RawTcp, request: Request, to: str, *, resend: bool) -> Message:
    deadline = time.monotonic() + PATIENCE
    wait = 0.5
    client.send(request.text(), to)
    while time.monotonic() < deadline:
        answer = client.receive(wait if resend else deadline - time.monotonic())
        if answer is None:
            if resend:
                client.send(request.text(), to)
                wait = min(wait * 2, 4)
            continue
        asked = (request.call_id, f"{request.cseq} {request.method}")
        if answer.code < 200 or (answer.one("call-id"), answer.one("cseq")) != asked:
            continue
        if request.method == "INVITE" and answer.code >= 300:
            client.send(request.ack(answer), to)
        return answer
    raise AssertionError(
        f"no final response to {request.method} {request.uri} within {PATIENCE:g} s"
    )
