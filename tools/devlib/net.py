"""Small questions to the network: is an address free, does a port answer, what does a URL say."""

from __future__ import annotations

import errno
import http.client
import socket

from devlib.errors import DevError


def check_free(host: str, port: int, what: str, *, udp: bool = False) -> None:
    """DevError with a clear sentence when something else listens there."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if not udp:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise DevError(f"cannot use address {host}: {error.strerror}") from None
            raise DevError(
                f"{host} port {port}/{'udp' if udp else 'tcp'}, which {what} needs, is in use by another "
                "program",
                hint=f"stop what listens there (ss -{'u' if udp else 't'}lnp 'sport = :{port}'), or choose "
                "other addresses: tools/dev up --net 127.0.7",
            ) from None


def accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), 0.5):
            return True
    except OSError:
        return False


def http_get(host_port: str, path: str, timeout: float = 2.0) -> tuple[int, str]:
    """Status and body; status 0 when nothing answers."""
    host, _, port = host_port.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
