"""One whole cluster: backends, migrations, services. Starting what runs already does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from devlib.errors import DevError
from devlib.kafka import Kafka
from devlib.kafka_admin import ensure_topics
from devlib.keys import Rotation
from devlib.migrations import migrate
from devlib.pbxctl import Pbxctl
from devlib.postgres import Postgres
from devlib.process import Daemon
from devlib.progress import Progress
from devlib.redis import Redis
from devlib.services import Services
from devlib.workspace import Process, Workspace

BACKENDS = ("postgres", "redis", "kafka")


class Cluster:
    def __init__(
        self, workspace: Workspace, progress: Progress, overrides: dict[str, dict] | None = None
    ) -> None:
        self.workspace = workspace
        self.postgres = Postgres(workspace)
        self.redis = Redis(workspace)
        self.kafka = Kafka(workspace)
        self.services = Services(workspace, overrides)
        self.pbxctl = Pbxctl(workspace)
        self._progress = progress

    def start(self) -> None:
        """Everything up to ready services; a service whose program or configuration changed starts anew."""
        self.workspace.make_folders()
        self.start_backends()
        with self._progress.step("database migrations") as step:
            step.result = migrate(self.workspace, self.postgres)
        self.start_services()

    def start_backends(self) -> None:
        with self._progress.step("Kafka's jars (Maven)") as step:
            self.kafka.fetch_jars(step.run)
        for name, backend in (
            ("PostgreSQL", self.postgres),
            ("Redis", self.redis),
            ("Kafka", self.kafka),
        ):
            with self._progress.step(name) as step:
                backend.start()
                step.result = f"{backend.host}:{backend.port}"
        with self._progress.step("Kafka's topics") as step:
            step.result = ensure_topics(*self.workspace.kafka)

    def start_services(self) -> None:
        changed = self.services.write_configs()
        for process in self.workspace.processes:
            if process in changed or self.services.outdated(process):
                self.services.stop(process)
        for service in dict.fromkeys(process.service for process in self.workspace.processes):
            processes = self.workspace.of(service)
            with self._progress.step(f"{service} ({len(processes)})") as step:
                for process in processes:
                    self.services.start(process)
                for process in processes:
                    self.services.wait_ready(process)
                step.result = ", ".join(process.address for process in processes)

    def stop(self) -> None:
        """Ends services first (they drain), then what they stand on."""
        for name, daemon in reversed(list(self.daemons())):
            if daemon.pid():
                with self._progress.step(f"stop {name}"):
                    daemon.stop()

    def stop_at_once(self) -> None:
        """For tests: asks all to end before waiting for any."""
        daemons = [daemon for _, daemon in self.daemons()]
        services, backends = daemons[len(BACKENDS) :], daemons[: len(BACKENDS)]
        for daemon in services:
            daemon.ask_to_stop()
        for daemon in services:
            daemon.stop(asked=True)
        for daemon in reversed(backends):
            daemon.stop()

    def daemons(self) -> Iterator[tuple[str, Daemon]]:
        """Name and process, in starting order."""
        for name in BACKENDS:
            yield name, getattr(self, name).daemon
        for process in self.workspace.processes:
            yield process.node, self.services.daemon(process)

    def named(self, name: str) -> list[tuple[str, Daemon]]:
        """The daemons of a service, a node or a backend."""
        if name in BACKENDS:
            return [(name, getattr(self, name).daemon)]
        return [
            (process.node, self.services.daemon(process)) for process in self.services.named(name)
        ]

    def restart(self, name: str) -> None:
        """One process after the other, so that a pair never is away as a whole."""
        if name in BACKENDS:
            backend = getattr(self, name)
            with self._progress.step(f"restart {name}"):
                backend.daemon.stop()
                backend.start()
            return
        self.services.write_configs()
        for process in self.services.named(name):
            with self._progress.step(f"restart {process.node}"):
                self.services.stop(process)
                self.services.start(process)
                self.services.wait_ready(process)

    def restart_all(self, why: str) -> None:
        """Every service's processes, one after the other, each ready before the next."""
        for process in self.workspace.processes:
            with self._progress.step(f"restart {process.node} {why}"):
                self.services.stop(process)
                self.services.start(process)
                self.services.wait_ready(process)

    def rotation(self, kind: str) -> Rotation:
        """A change of the keys of one kind, on the running cluster."""
        self.need_running()
        return Rotation(self.workspace.keys, kind, self.restart_all, self._progress.say)

    def need_running(self) -> None:
        """DevError unless all processes run."""
        missing = [name for name, daemon in self.daemons() if not daemon.pid()]
        if missing:
            raise DevError(f"not running: {', '.join(missing)}", hint="tools/dev up")

    def processes(self) -> Iterator[tuple[Process, int | None]]:
        for process in self.workspace.processes:
            yield process, self.services.pid(process)
