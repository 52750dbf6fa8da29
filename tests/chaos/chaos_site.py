"""A whole cluster whose parts can be made to fail; between services and backends stand fault proxies."""

from __future__ import annotations

import os
import signal

from deadline import until
from devlib.bench.generator import DOMAIN, PASSWORD
from devlib.bench.ours import FIRST_USER, SEED
from devlib.kafka import DETOUR_PORT
from devlib.migrations import migrate
from devlib.postgres import SUPERUSER
from devlib.process import Daemon, end
from devlib.services import Services
from devlib.workspace import Process
from fault_proxy import FaultProxy
from phones.baresip import Account
from redis_wire import ask
from scale import SCALE
from site_under_test import Site

# Answered calls are told at once; a lost node's calls are found soon.
LEASE = f"{SCALE.dialog_lease:g}s"
CHECK = f"{SCALE.session_check:g}s"
REMEMBERED_MS = 300_000  # for so long nothing brings an ended call back


class ChaosSite(Site):
    """Users FIRST_USER … of one tenant, all with PASSWORD. `links` are the fault proxies by backend."""

    def __init__(self, binary_dir, state) -> None:
        self.overrides: dict[str, dict] = {"proxy": {}}
        super().__init__(binary_dir, state, self.overrides)
        self.links = self._make_links()
        kafka, postgres = self.links["kafka"].listen, self.links["postgres"].listen
        self._redis_uri = f"redis://{_joined(self.links['redis'].listen)}/0"
        for service in ("proxy", "registrar", "billing", "provisioning"):
            self.overrides[service] = {"kafka": {"brokers": _joined(kafka)}}
        for service in ("billing", "provisioning"):
            self.overrides[service]["postgres"] = {
                "host": postgres[0],
                "port": postgres[1],
                "database": "clusterpbx",
                "user": f"pbx_{service}",
            }
        self.overrides["proxy"]["dialog_lease"] = LEASE
        self.overrides["proxy"]["session_check"] = CHECK
        self._set_redis(self._redis_uri)

    def bring_up(self) -> None:
        self.cluster.kafka.detour = self.links["kafka"].listen
        self.workspace.make_folders()
        self.cluster.start_backends()
        migrate(self.workspace, self.cluster.postgres)
        self.cluster.postgres.query(
            SEED.format(
                domain=DOMAIN,
                password=PASSWORD,
                first=FIRST_USER,
                last=FIRST_USER + SCALE.users - 1,
            )
        )
        for link in self.links.values():
            link.start()
        self.cluster.start_services()
        self.wait_for_users()

    def stop(self) -> None:
        try:
            super().stop()
        finally:
            for link in self.links.values():
                link.stop()

    def wait_for_users(self) -> None:
        for process in self.workspace.processes:
            if process.service in ("proxy", "registrar"):
                until(
                    lambda node=process.node: self.metrics(node).total(
                        "pbx_kafka_followed_total", topic="config"
                    )
                    >= SCALE.users,
                    f"{process.node} knows all users",
                    60,
                )

    def account(self, user: int, *, proxy: int) -> Account:
        """That of a user at one of the two proxies."""
        account = Account(str(user), DOMAIN, PASSWORD, proxy=self.proxies[proxy])
        self._registered.add(account.aor)
        return account

    # Processes

    def process(self, node: str) -> Process:
        return next(process for process in self.workspace.processes if process.node == node)

    def daemon(self, name: str) -> Daemon:
        return dict(self.cluster.daemons())[name]

    def kill(self, name: str) -> None:
        """kill -9; returns when it is gone."""
        end(self.daemon(name).pid(), signal.SIGKILL, 5)

    def pause(self, name: str) -> None:
        os.kill(self.daemon(name).pid(), signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.kill(self.daemon(name).pid(), signal.SIGCONT)

    def start_again(self, name: str) -> None:
        """What was killed or stopped, until it is ready."""
        if name in ("postgres", "redis", "kafka"):
            return getattr(self.cluster, name).start()
        process = self.process(name)
        self.cluster.services.start(process)
        self.cluster.services.wait_ready(process, 60)

    def mend(self) -> None:
        """Heals links, wakes and starts what a test left otherwise."""
        for link in self.links.values():
            link.heal()
        for name, daemon in self.cluster.daemons():
            if daemon.pid():
                self.resume(name)
        for name, daemon in self.cluster.daemons():
            if not daemon.pid():
                self.start_again(name)
        self.wait_ready()

    def all_ready(self) -> bool:
        return all(self.cluster.services.ready(process) for process in self.workspace.processes)

    def wait_ready(self, timeout: float = 60) -> None:
        until(self.all_ready, "every service is ready again", timeout)

    def stand_in(self, dead: str) -> Process:
        """Another node on the SIP address of a dead proxy, as after a floating address has moved."""
        gone = self.process(dead)
        standby = Process(
            "proxy", f"{dead}-standby", gone.address, gone.grpc_port + 10, gone.admin_port + 10
        )
        self._use_processes([*self.workspace.processes, standby])
        self.cluster.services.start(standby)
        self.cluster.services.wait_ready(standby, 60)
        return standby

    def stand_down(self, standby: Process) -> None:
        self.cluster.services.stop(standby)
        self._use_processes([p for p in self.workspace.processes if p != standby])

    def _use_processes(self, processes: list[Process]) -> None:
        """Daemons are known by their pid files, so a new Services object sees those that run."""
        self.workspace.processes[:] = processes
        self.cluster.services = Services(self.workspace, self.overrides)
        self.cluster.services.write_configs()

    # Redis

    def use_redis(self, uri: str = "") -> None:
        """Proxies and registrars start anew with another Redis; without `uri`, with the first one."""
        self._set_redis(uri or self._redis_uri)
        for service in ("registrar", "proxy"):
            self.cluster.restart(service)
        self.wait_for_users()

    def _set_redis(self, uri: str) -> None:
        for service in ("proxy", "registrar"):
            self.overrides[service]["redis"] = {"uri": uri}

    def lose_redis(self) -> None:
        """Redis ends at once and comes back with nothing."""
        self.kill("redis")
        for path in self.cluster.redis.folder.glob("appendonlydir/*"):
            path.unlink()
        self.cluster.redis.start()

    def redis_keys(self) -> dict[str, int]:
        """Every key of the first Redis and its TTL in ms; -1: none."""
        redis = self.cluster.redis
        address, password = (redis.host, redis.port), redis.password
        keys = ask(address, "KEYS", "*", password=password)
        return {key: ask(address, "PTTL", key, password=password) for key in keys}

    def outcomes_of(self, sip_call_id: str) -> list[str]:
        """What its CDRs say, answered or not."""
        quoted = sip_call_id.replace("'", "''")
        rows = self.cluster.postgres.query(
            f"SELECT outcome, sip_code, reason, sequence FROM cdrs WHERE sip_call_id = '{quoted}'",
            SUPERUSER,
        )
        return rows.splitlines()

    def open_calls(self) -> set[str]:
        """Keys of the dialog records that are still there; what ended is remembered for a while."""
        return {
            key
            for key, ttl in self.redis_keys().items()
            if key.startswith("dlg:") and ttl > REMEMBERED_MS
        }

    # CDRs

    def answered_cdrs(self, since: float) -> dict[str, int]:
        """How many CDRs of answered calls each SIP Call-ID has, of calls that began after `since`."""
        rows = self.cluster.postgres.query(
            "SELECT sip_call_id, count(*) FROM cdrs WHERE outcome = 'answered' "
            f"AND started_at >= to_timestamp({since:.3f}) GROUP BY sip_call_id",
            SUPERUSER,  # tenants are hidden from everybody else
        )
        pairs = (row.rpartition("|") for row in rows.splitlines())
        return {call_id: int(count) for call_id, _, count in pairs}

    def _make_links(self) -> dict[str, FaultProxy]:
        kafka_host, _ = self.workspace.kafka
        return {
            "postgres": FaultProxy((self.address(52), 5432), self.workspace.postgres),
            "redis": FaultProxy((self.address(53), 6379), self.workspace.redis),
            "kafka": FaultProxy((self.address(54), 9092), (kafka_host, DETOUR_PORT)),
        }


def _joined(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
