"""The cluster under load: a whole one of its own, with users put into the database in bulk."""

from __future__ import annotations

import re
import time

from devlib.bench.generator import DOMAIN, PASSWORD
from devlib.cluster import Cluster
from devlib.errors import DevError
from devlib.migrations import migrate
from devlib.net import http_get
from devlib.progress import Progress
from devlib.workspace import SIP_PORT, Workspace

# One loop a process: two nodes on two cores.
OVERRIDES = {"proxy": {"workers": 1}, "registrar": {"workers": 1}}
FIRST_USER = 100_000
FILL_TIMEOUT = 300.0  # seconds for the topic; a quiet machine needs ten

# Accounts and users as pbxctl would make them; provisioning publishes them when it starts.
SEED = """
BEGIN;
SET LOCAL pbx.scope = '1';
INSERT INTO accounts (id, parent_id, kind, name, path) VALUES
  (2, 1, 2, 'bench', '1.2'), (3, 2, 3, 'phones', '1.2.3');
SELECT setval('accounts_id_seq', 3);
INSERT INTO domains (id, tenant_id, path, name) VALUES (1, 3, '1.2.3', '{domain}');
SELECT setval('domains_id_seq', 1);
INSERT INTO users (tenant_id, path, domain_id, extension)
  SELECT 3, '1.2.3', 1, n::text FROM generate_series({first}, {last}) AS n;
INSERT INTO credentials (tenant_id, path, user_id, username, realm, ha1_md5, ha1_sha256)
  SELECT tenant_id, path, id, extension, '{domain}', md5(secret),
         encode(sha256(secret::bytea), 'hex')
  FROM (SELECT *, extension || ':{domain}:{password}' AS secret FROM users) AS u;
COMMIT;
"""


class Ours:
    """`parts` are the processes whose CPU an operation costs."""

    name = "ClusterPBX"

    def __init__(self, workspace: Workspace, progress: Progress, users: int) -> None:
        self.cluster = Cluster(workspace, progress, OVERRIDES)
        self._progress = progress
        self._users = users

    @property
    def targets(self) -> list[str]:
        proxies = self.cluster.workspace.of("proxy")
        return [f"{proxy.address}:{SIP_PORT}" for proxy in proxies]

    @property
    def parts(self) -> dict[str, int]:
        names = ("redis", "kafka", "proxy-1", "proxy-2", "registrar-1", "registrar-2")
        running = {name: daemon.pid() for name, daemon in self.cluster.daemons()}
        return {name: pid for name in names if (pid := running.get(name))}

    def start(self) -> None:
        self.cluster.workspace.make_folders()
        self.cluster.start_backends()
        with self._progress.step("database migrations"):
            migrate(self.cluster.workspace, self.cluster.postgres)
        with self._progress.step("users") as step:
            self.cluster.postgres.query(
                SEED.format(
                    domain=DOMAIN,
                    password=PASSWORD,
                    first=FIRST_USER,
                    last=FIRST_USER + self._users - 1,
                )
            )
            step.result = f"{self._users}"
        self.cluster.start_services()
        with self._progress.step("users known to every node"):
            self._wait_for_users()

    def restart_services(self) -> None:
        """Proxies and registrars with empty heaps; what they keep in Redis stays."""
        for service in ("registrar", "proxy"):
            self.cluster.restart(service)
        with self._progress.step("users known to every node"):
            self._wait_for_users()

    def stop(self) -> None:
        self.cluster.stop_at_once()

    def _wait_for_users(self) -> None:
        """A node is ready before a topic that was empty has been filled."""
        deadline = time.monotonic() + FILL_TIMEOUT
        for node in ("proxy-1", "proxy-2", "registrar-1", "registrar-2"):
            while self._known(node) < self._users:
                if time.monotonic() > deadline:
                    raise DevError(f"{node} did not hear of all users in time")
                time.sleep(0.2)

    def _known(self, node: str) -> float:
        """Records of the topic `config` that a node has read."""
        found = re.search(
            r'^pbx_kafka_followed_total\{topic="config"\} (\S+)', self.metrics(node), re.M
        )
        return float(found[1]) if found else 0.0

    def redis_bytes(self) -> int:
        """Memory that Redis itself counts for its data."""
        for line in self.cluster.redis.command("INFO", "memory").splitlines():
            if line.startswith("used_memory:"):
                return int(line.partition(":")[2])
        return 0

    def metrics(self, node: str) -> str:
        process = next(p for p in self.cluster.workspace.processes if p.node == node)
        return http_get(process.admin, "/metrics")[1]
