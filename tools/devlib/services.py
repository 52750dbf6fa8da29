"""The cluster's own processes: their configuration files, starting, readiness, draining."""

from __future__ import annotations

import json
import os
from pathlib import Path

from devlib.errors import DevError
from devlib.keys import CALLERS
from devlib.net import check_free, http_get
from devlib.postgres import DATABASE
from devlib.process import Daemon
from devlib.workspace import SIP_PORT, STREAM_PORT, Process, Workspace

READY_TIMEOUT = 30.0
# Variables of each service, and the secret that each holds.
SECRETS_OF = {
    "provisioning": {"PBX_POSTGRES_PASSWORD": "PBX_POSTGRES_PROVISIONING_PASSWORD"},
    "registrar": {"PBX_REDIS_PASSWORD": "PBX_REDIS_PASSWORD"},
    "proxy": {"PBX_REDIS_PASSWORD": "PBX_REDIS_PASSWORD"},
    "billing": {"PBX_POSTGRES_PASSWORD": "PBX_POSTGRES_BILLING_PASSWORD"},
}


class Services:
    """`overrides` holds settings by service, put over those of the developer's cluster."""

    def __init__(self, workspace: Workspace, overrides: dict[str, dict] | None = None) -> None:
        self._workspace = workspace
        self._overrides = overrides or {}
        self._daemons = {
            process.node: self._make_daemon(process) for process in workspace.processes
        }

    def daemon(self, process: Process) -> Daemon:
        return self._daemons[process.node]

    def pid(self, process: Process) -> int | None:
        return self.daemon(process).pid()

    def config_file(self, process: Process) -> Path:
        return self._workspace.etc / f"{process.node}.json"

    def write_configs(self) -> list[Process]:
        """Writes the services' files and pbxctl's; returns whose file changed."""
        self._workspace.make_folders()
        changed = []
        for process in self._workspace.processes:
            text = json.dumps(self._config(process), indent=2) + "\n"
            path = self.config_file(process)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                changed.append(process)
        self._workspace.keys.load()
        operator = {
            service: [process.grpc for process in self._workspace.of(service)]
            for service in SECRETS_OF
        }
        path = self._workspace.state / "pbxctl.json"
        path.write_text(json.dumps(operator | {"identity_file": "keys/operator"}, indent=2) + "\n")
        return changed

    def start(self, process: Process) -> None:
        """Starts one process unless it runs; returns before it is ready."""
        daemon = self.daemon(process)
        if daemon.pid():
            return
        program = self._workspace.program(f"pbx-{process.service}")
        if not program.exists():
            raise DevError(f"{program} is not built", hint="tools/dev build")
        for port, what in ((process.grpc_port, "gRPC"), (process.admin_port, "metrics")):
            check_free(process.address, port, f"{process.node} ({what})")
        if process.service == "registrar":
            check_free(process.address, STREAM_PORT, f"{process.node} (streams)")
        if process.service == "proxy":
            check_free(process.address, SIP_PORT, f"{process.node} (SIP)", udp=True)
            check_free(process.address, SIP_PORT, f"{process.node} (SIP)")
        daemon.start()

    def wait_ready(self, process: Process, timeout: float = READY_TIMEOUT) -> None:
        try:
            self.daemon(process).wait_until(lambda: self.ready(process), timeout, "ready")
        except DevError as error:
            _, why = http_get(process.admin, "/readyz")
            raise DevError(
                f"{error}{f' ({why.strip()})' if why.strip() else ''}",
                log=error.log,
                hint=f"tools/dev logs {process.node}, then tools/dev up again",
            ) from None

    def ready(self, process: Process) -> bool:
        return http_get(process.admin, "/readyz")[0] == 200

    def outdated(self, process: Process) -> bool:
        """It runs, but not the program that is built now."""
        pid = self.pid(process)
        if not pid:
            return False
        try:
            running = os.stat(f"/proc/{pid}/exe")
            built = self._workspace.program(f"pbx-{process.service}").stat()
        except OSError:
            return False
        return (running.st_dev, running.st_ino) != (built.st_dev, built.st_ino)

    def stop(self, process: Process) -> bool:
        return self.daemon(process).stop()

    def named(self, name: str) -> list[Process]:
        """Processes of a service, or the one of that node name."""
        found = [p for p in self._workspace.processes if name in (p.service, p.node)]
        if not found:
            known = sorted({p.service for p in self._workspace.processes})
            raise DevError(
                f"there is no service or node '{name}'",
                hint=f"one of {', '.join(known)}, or a node such as proxy-1",
            )
        return found

    def _make_daemon(self, process: Process) -> Daemon:
        workspace = self._workspace
        return Daemon(
            process.node,
            [
                str(workspace.program(f"pbx-{process.service}")),
                "--config",
                str(self.config_file(process)),
            ],
            workspace.run,
            workspace.log,
            env=self._environment(process),
            stop_timeout=15,
            attached=workspace.attached,
        )

    def _environment(self, process: Process) -> dict[str, str]:
        """Passwords, and the files of the keys, which a process reads when it starts."""
        workspace = self._workspace
        keys = workspace.keys
        files = {"PBX_CALLER_KEYS_FILE": keys.callers_file}
        if process.service in ("registrar", "proxy"):
            files["PBX_CLUSTER_KEY_FILE"] = keys.cluster_file
        if process.service in CALLERS:
            files["PBX_IDENTITY_KEY_FILE"] = keys.identity_file(process.service)
        passwords = {
            name: workspace.secrets[secret] for name, secret in SECRETS_OF[process.service].items()
        }
        return passwords | {name: str(path) for name, path in files.items()}

    def _config(self, process: Process) -> dict:
        config: dict = {
            "process": {
                "node": process.node,
                "admin_listen": process.admin,
                "drain_timeout": "5s",
                "log_level": "info",
            },
            "grpc": {"listen": process.grpc},
            "kafka": {"brokers": _joined(self._workspace.kafka)},
        }
        own = getattr(self, f"_{process.service}")(process)
        return config | own | self._overrides.get(process.service, {})

    def _redis(self) -> dict:
        return {"redis": {"uri": f"redis://{_joined(self._workspace.redis)}/0"}}

    def _postgres(self, user: str) -> dict:
        host, port = self._workspace.postgres
        return {"postgres": {"host": host, "port": port, "database": DATABASE, "user": user}}

    def _provisioning(self, _: Process) -> dict:
        return self._postgres("pbx_provisioning")

    def _billing(self, _: Process) -> dict:
        return self._postgres("pbx_billing")

    def _registrar(self, process: Process) -> dict:
        return self._redis() | {
            "stream": {"listen": _stream(process)},
            "workers": 1,
            "spool_dir": str(self._spool(process)),
        }

    def _proxy(self, process: Process) -> dict:
        registrars = [_stream(registrar) for registrar in self._workspace.of("registrar")]
        listeners = [
            {"transport": transport, "listen": f"{process.address}:{SIP_PORT}"}
            for transport in ("udp", "tcp")
        ]
        return self._redis() | {
            "registrar": {"targets": registrars},
            "workers": 2,
            "listeners": listeners,
            "spool_dir": str(self._spool(process)),
        }

    def _spool(self, process: Process) -> Path:
        folder = self._workspace.state / "spool" / process.node
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _stream(registrar: Process) -> str:
    return f"{registrar.address}:{STREAM_PORT}"


def _joined(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
