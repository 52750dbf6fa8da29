"""A private Redis 7 on a loopback address, with a password and an append-only file."""

from __future__ import annotations

import shutil
import socket

from devlib.errors import DevError
from devlib.files import write_private
from devlib.net import check_free
from devlib.process import Daemon
from devlib.workspace import Workspace

SETTINGS = """\
bind {host}
port {port}
dir {folder}
requirepass {password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
hash-max-listpack-value 4096
tcp-backlog 128
"""


class Redis:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.folder = workspace.state / "redis"
        self.host, self.port = workspace.redis
        self._settings = self.folder / "redis.conf"
        self.daemon = Daemon(
            "redis",
            ["redis-server", str(self._settings)],
            workspace.run,
            workspace.log,
            attached=workspace.attached,
        )

    @property
    def password(self) -> str:
        return self._workspace.secrets["PBX_REDIS_PASSWORD"]

    def start(self) -> None:
        if not shutil.which("redis-server"):
            raise DevError("Redis is not installed", hint="tools/install_deps.sh run")
        if self.daemon.pid():
            return
        check_free(self.host, self.port, "Redis")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        write_private(
            self._settings,
            SETTINGS.format(
                host=self.host, port=self.port, folder=self.folder, password=self.password
            ),
        )
        self.daemon.start()
        self.daemon.wait_until(self.answers, 20, "ready")

    def answers(self) -> bool:
        try:
            return self.command("PING").startswith("+PONG")
        except OSError:
            return False

    def command(self, *words: str) -> str:
        """One command, its answer as it comes on the wire (RESP2); for small answers."""
        with socket.create_connection((self.host, self.port), 2) as connection:
            connection.sendall(_encode("AUTH", self.password) + _encode(*words) + _encode("QUIT"))
            answer = b""
            while data := connection.recv(65536):
                answer += data
        return answer.decode(errors="replace").removeprefix("+OK\r\n").removesuffix("+OK\r\n")


def _encode(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
