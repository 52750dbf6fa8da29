"""A private PostgreSQL 15 on a loopback address. It refuses to run as root, so root hands it to another user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from devlib.errors import DevError
from devlib.net import check_free
from devlib.process import Daemon
from devlib.workspace import Workspace

BIN = Path("/usr/lib/postgresql/15/bin")
SUPERUSER = "postgres"
OWNER = "pbx_owner"
DATABASE = "clusterpbx"
MAX_SOCKET_PATH = 90

SETTINGS = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = '{sockets}'
password_encryption = scram-sha-256
max_connections = 60
shared_buffers = 64MB
# A private cluster of a developer: it may lose its last moments in a power cut, but stays consistent.
synchronous_commit = off
fsync = {fsync}
log_line_prefix = '%m [%p] %q%u@%d '
"""
ACCESS = """\
local all all scram-sha-256
host all all 127.0.0.0/8 scram-sha-256
"""


class Postgres:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._user = unprivileged_user()
        self.folder = workspace.state / "postgres"
        self.data = self.folder / "data"
        self.host, self.port = workspace.postgres
        self.daemon = Daemon(
            "postgres",
            [*self._as_user(), str(BIN / "postgres"), "-D", str(self.data)],
            workspace.run,
            workspace.log,
            stop_signal=signal.SIGINT,
            attached=workspace.attached,
        )

    def start(self) -> None:
        """Makes the cluster on first use, starts it, and makes the database and its owner."""
        if not (BIN / "postgres").exists():
            raise DevError("PostgreSQL 15 is not installed", hint="tools/install_deps.sh run")
        fresh = not (self.data / "PG_VERSION").exists()
        if self.daemon.pid() and not fresh:
            return
        check_free(self.host, self.port, "PostgreSQL")
        if fresh:
            self._make_cluster()
        self._configure()
        (self.data / "postmaster.pid").unlink(
            missing_ok=True
        )  # the pid file says that it does not run
        self.daemon.start()
        self.daemon.wait_until(self.answers, 30, "ready")
        self._make_database()

    def answers(self) -> bool:
        return (
            subprocess.run(
                [str(BIN / "pg_isready"), "-q", "-h", self.host, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
            == 0
        )

    def environment(self, user: str = OWNER) -> dict[str, str]:
        """What psql and libpq need to connect."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": user,
            "PGDATABASE": DATABASE,
            "PGPASSWORD": self._workspace.secrets["PBX_POSTGRES_OWNER_PASSWORD"],
        }

    def query(self, sql: str, user: str = OWNER, database: str = DATABASE) -> str:
        """Runs SQL; returns its rows, columns split by `|`."""
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql],
            env={**os.environ, **self.environment(user), "PGDATABASE": database},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DevError(
                f"PostgreSQL refused a statement: {done.stderr.strip()}", log=self.daemon.log
            )
        return done.stdout.strip()

    def _make_cluster(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.data, ignore_errors=True)  # half made
        password = self.folder / "initdb-password"
        password.write_text(self._workspace.secrets["PBX_POSTGRES_OWNER_PASSWORD"])
        if self._user:
            for path in (self.folder, password):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        password.chmod(0o600)
        done = subprocess.run(
            [
                *self._as_user(),
                str(BIN / "initdb"),
                "-D",
                str(self.data),
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--auth=scram-sha-256",
                f"--pwfile={password}",
                "--no-sync",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        password.unlink()
        if done.returncode != 0:
            raise DevError(
                f"initdb failed: {done.stderr.strip() or done.stdout.strip()}",
                hint=f"put the checkout where user '{self._user_name()}' may enter each folder",
            )

    def _configure(self) -> None:
        sockets = str(self.folder) if len(str(self.folder)) < MAX_SOCKET_PATH else ""
        text = SETTINGS.format(
            host=self.host,
            port=self.port,
            sockets=sockets,
            fsync="off" if self._workspace.attached else "on",
        )
        (self.data / "postgresql.auto.conf").write_text(text)
        (self.data / "pg_hba.conf").write_text(ACCESS)

    def _make_database(self) -> None:
        """The owner is no superuser; it makes the services' roles without logging their passwords."""

        def as_superuser(sql: str) -> str:
            return self.query(sql, SUPERUSER, "postgres")

        if not as_superuser(f"SELECT 1 FROM pg_roles WHERE rolname = '{OWNER}'"):
            password = self._workspace.secrets["PBX_POSTGRES_OWNER_PASSWORD"]
            as_superuser(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{password}'")
        as_superuser(f"GRANT SET ON PARAMETER log_min_error_statement TO {OWNER}")
        if not as_superuser(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
            as_superuser(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _user_name(self) -> str:
        return self._user.pw_name if self._user else pwd.getpwuid(os.getuid()).pw_name

    def _as_user(self) -> list[str]:
        """Puts a command under the unprivileged user, still able to enter folders that are root's alone."""
        if not self._user:
            return []
        return [
            "setpriv",
            f"--reuid={self._user.pw_uid}",
            f"--regid={self._user.pw_gid}",
            "--clear-groups",
            "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search",
            "--pdeathsig",
            "TERM" if self._workspace.attached else "clear",
            "--",
        ]


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom root runs PostgreSQL as; None when we are not root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise DevError("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody'")
