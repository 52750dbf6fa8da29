"""Debian's Kamailio as a rival, with the configurations of tests/bench/peers."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from pathlib import Path

from devlib.bench.generator import PASSWORD
from devlib.errors import DevError
from devlib.net import check_free
from devlib.postgres import SUPERUSER, Postgres
from devlib.process import Daemon
from devlib.redis import Redis
from devlib.workspace import ROOT, SIP_PORT, Workspace

CONFIGS = ROOT / "tests" / "bench" / "peers"
TABLES = Path("/usr/share/kamailio/postgres")
REDIS_TABLES = Path("/usr/share/kamailio/db_redis/kamailio")
# Its default allocator is one for debugging; -m and -M: shared and private memory in MB.
FLAGS = ["-DD", "-E", "-x", "fm", "-X", "fm", "-m", "1024", "-M", "16"]


class Kamailio:
    """One or more Kamailio processes of one configuration, and what they keep their state in."""

    config = "registrar.cfg"
    nodes = 1

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.addresses = [workspace.address(11 + i) for i in range(self.nodes)]
        self._daemons = [self._daemon(i) for i in range(self.nodes)]

    @property
    def targets(self) -> list[str]:
        return [f"{address}:{SIP_PORT}" for address in self.addresses]

    @property
    def parts(self) -> dict[str, int]:
        return {daemon.name: pid for daemon in self._daemons if (pid := daemon.pid())}

    def defines(self, node: int) -> dict[str, str]:
        """What the configuration is told, as its preprocessor wants it."""
        return {
            "LISTEN": f"udp:{self.targets[node]}",
            "PASSWORD": f'"{PASSWORD}"',
            "CONTROL": f'"unix:{self._control(node)}"',
        }

    def verify(self) -> str:
        """That state is where this rival is said to keep it; DevError if not."""
        return self._found(self._statistic(0, "location_users"), "users in memory")

    def start(self) -> None:
        if not shutil.which("kamailio"):
            raise DevError("Kamailio is not installed", hint="tools/install_deps.sh bench")
        self.workspace.make_folders()
        for node, daemon in enumerate(self._daemons):
            check_free(self.addresses[node], SIP_PORT, daemon.name, udp=True)
            lines = [f"#!define {name} {value}" for name, value in self.defines(node).items()]
            lines.append(f'include_file "{CONFIGS / self.config}"')
            self._config(node).write_text("\n".join(["#!KAMAILIO", *lines]) + "\n")
            daemon.start()
            daemon.wait_until(lambda node=node: self._answers(node), 15, "answering")

    def stop(self) -> None:
        for daemon in self._daemons:
            daemon.stop()

    def _answers(self, node: int) -> bool:
        """A request of a method that it refuses brings an answer."""
        request = (
            "OPTIONS sip:bench SIP/2.0\r\nVia: SIP/2.0/UDP {me};rport;branch=z9hG4bKready\r\n"
            "From: <sip:bench>;tag=1\r\nTo: <sip:bench>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((self.workspace.address(100), 0))
            probe.settimeout(0.2)
            me = "{}:{}".format(*probe.getsockname())
            try:
                probe.sendto(request.format(me=me).encode(), (self.addresses[node], SIP_PORT))
                return probe.recv(2048).startswith(b"SIP/2.0")
            except OSError:
                return False

    def _found(self, count: int, what: str) -> str:
        if count == 0:
            raise DevError(f"{self.name}: no {what}", log=self._daemons[-1].log)
        return f"{count} {what}"

    def _statistic(self, node: int, name: str) -> int:
        done = subprocess.run(
            ["kamcmd", "-s", f"unix:{self._control(node)}", "stats.get_statistics", name],
            capture_output=True,
            text=True,
            check=False,
        )
        _, _, value = done.stdout.strip().rpartition("=")
        return int(value) if value.strip().isdigit() else 0

    def _control(self, node: int) -> Path:
        return self.workspace.run / f"{self._name(node)}.ctl"

    def _config(self, node: int) -> Path:
        return self.workspace.etc / f"{self._name(node)}.cfg"

    def _name(self, node: int) -> str:
        return f"kamailio-{node + 1}"

    def _daemon(self, node: int) -> Daemon:
        return Daemon(
            self._name(node),
            [shutil.which("kamailio") or "kamailio", "-f", str(self._config(node)), *FLAGS],
            self.workspace.run,
            self.workspace.log,
            attached=True,
        )


class KamailioMemory(Kamailio):
    name = "Kamailio usrloc in own memory"


class KamailioDmq(Kamailio):
    name = "Kamailio dmq_usrloc, two nodes"
    nodes = 2

    def defines(self, node: int) -> dict[str, str]:
        return super().defines(node) | {
            "DMQ_SELF": f'"sip:{self.targets[node]}"',
            "DMQ_OTHER": f'"sip:{self.targets[1 - node]}"',
        }

    def verify(self) -> str:
        """Phones use both nodes in turn, so each knows all only if they tell each other."""
        counts = [self._statistic(node, "location_users") for node in range(self.nodes)]
        if min(counts) < 0.9 * max(counts):
            raise DevError(f"{self.name}: the nodes differ: {counts}", log=self._daemons[1].log)
        return self._found(min(counts), "users at each node")


class KamailioPostgres(Kamailio):
    name = "Kamailio usrloc through to PostgreSQL"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._postgres = Postgres(workspace)

    @property
    def parts(self) -> dict[str, int]:
        pid = self._postgres.daemon.pid()
        return super().parts | ({"postgres": pid} if pid else {})

    def defines(self, node: int) -> dict[str, str]:
        secret = self.workspace.secrets["PBX_POSTGRES_OWNER_PASSWORD"]
        where = f"{self._postgres.host}:{self._postgres.port}"
        url = f'"postgres://{SUPERUSER}:{secret}@{where}/kamailio"'
        return super().defines(node) | {"POSTGRES_URL": url}

    def start(self) -> None:
        self.workspace.make_folders()
        self._postgres.start()
        self._postgres.query("CREATE DATABASE kamailio", SUPERUSER, "postgres")
        for name in ("standard-create.sql", "usrloc-create.sql"):
            self._postgres.query((TABLES / name).read_text(), SUPERUSER, "kamailio")
        super().start()

    def verify(self) -> str:
        rows = self._postgres.query("SELECT count(*) FROM location", SUPERUSER, "kamailio")
        return self._found(int(rows), "rows in PostgreSQL")

    def stop(self) -> None:
        super().stop()
        self._postgres.daemon.stop()


class KamailioCalls(Kamailio):
    name = "Kamailio tm + dialog in own memory"
    config = "calls.cfg"


class KamailioRedis(Kamailio):
    name = "Kamailio dialog through Redis"
    config = "calls.cfg"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._redis = Redis(workspace)

    @property
    def parts(self) -> dict[str, int]:
        pid = self._redis.daemon.pid()
        return super().parts | ({"redis": pid} if pid else {})

    def defines(self, node: int) -> dict[str, str]:
        where = f"{self._redis.host}:{self._redis.port}"
        url = f'"redis://:{self._redis.password}@{where}/0"'
        return super().defines(node) | {"REDIS_URL": url}

    def start(self) -> None:
        self.workspace.make_folders()
        self._redis.start()
        for table in ("dialog", "dialog_vars"):
            version = (REDIS_TABLES / table).read_text().split()[-1]
            self._redis.command("HSET", f"version:entry::{table}", "table_name", table)
            self._redis.command("HSET", f"version:entry::{table}", "table_version", version)
        super().start()

    def verify(self) -> str:
        said = self._redis.command("INFO", "commandstats")
        writes = re.findall(r"^cmdstat_hm?set:calls=(\d+)", said, re.M)
        return self._found(sum(map(int, writes)), "writes to Redis")

    def stop(self) -> None:
        super().stop()
        self._redis.daemon.stop()


def installed_version() -> str:
    done = subprocess.run(["kamailio", "-v"], capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split()[1:3]) if done.stdout else "none"
