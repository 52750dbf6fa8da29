"""The fault proxy itself, without a cluster."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest
from fault_proxy import FaultProxy


def _echo(server: socket.socket) -> None:
    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError:
                pass

    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


@contextmanager
def _listener():
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_echo, args=(server,), daemon=True).start()
    try:
        yield server.getsockname()
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def proxy():
    with _listener() as target:
        proxy = FaultProxy(("127.0.0.1", _free_port()), target)
        proxy.start()
        yield proxy
        proxy.stop()


def _connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(proxy.listen, 2)


def _round_trip(connection: socket.socket, data: bytes = b"hello") -> bytes:
    connection.sendall(data)
    answer = b""
    while len(answer) < len(data) and (piece := connection.recv(65536)):
        answer += piece
    return answer


def _broken(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_it_changes_nothing_unless_asked(proxy):
    data = bytes(range(256)) * 4000
    with _connect(proxy) as one, _connect(proxy) as other:
        one.settimeout(5)
        assert _round_trip(other) == b"hello"
        threading.Thread(target=one.sendall, args=(data,), daemon=True).start()
        answer = b""
        while len(answer) < len(data):
            answer += one.recv(65536)
        assert answer == data


def test_the_end_of_a_connection_passes(proxy):
    with _connect(proxy) as connection:
        assert _round_trip(connection) == b"hello"
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(10) == b""


def test_cut_resets_and_refuses_until_healed(proxy):
    with _connect(proxy) as connection:
        assert _round_trip(connection) == b"hello"
        proxy.cut()
        assert _broken(connection)
    assert proxy.connections == 0
    with pytest.raises(ConnectionError):
        _connect(proxy)
    proxy.heal()
    with _connect(proxy) as connection:
        assert _round_trip(connection) == b"hello"


def test_drop_resets_what_there_is_and_takes_new_ones(proxy):
    with _connect(proxy) as connection:
        assert _round_trip(connection) == b"hello"
        proxy.drop()
        assert _broken(connection)
    with _connect(proxy) as connection:
        assert _round_trip(connection) == b"hello"


def test_delay_is_felt_in_both_directions(proxy):
    with _connect(proxy) as connection:
        proxy.delay(0.1)
        began = time.monotonic()
        assert _round_trip(connection) == b"hello"
        assert time.monotonic() - began >= 0.2


def test_half_open_keeps_the_connection_and_says_nothing(proxy):
    with _connect(proxy) as connection:
        assert _round_trip(connection) == b"hello"
        proxy.half_open()
        connection.sendall(b"lost")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        with _connect(proxy) as another:
            another.settimeout(0.3)
            another.sendall(b"lost")
            with pytest.raises(TimeoutError):
                another.recv(1)
        proxy.heal()
        connection.settimeout(2)
        assert _broken(connection)
    with _connect(proxy) as connection:
        assert _round_trip(connection) == b"hello"


def test_garble_turns_some_bytes_of_the_answer(proxy):
    with _connect(proxy) as connection:
        proxy.garble(10)
        answer = _round_trip(connection, b"a" * 100)
        assert [i for i, byte in enumerate(answer) if byte != ord("a")] == list(range(0, 100, 10))
        proxy.heal()
        assert _round_trip(connection) == b"hello"


def test_a_target_that_is_away_looks_like_one(proxy):
    proxy.target = ("127.0.0.1", _free_port())
    try:
        with _connect(proxy) as connection:
            connection.settimeout(2)
            assert _broken(connection)
    except ConnectionError:
        pass  # it was reset while it was being made
