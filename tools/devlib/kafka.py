"""A private Apache Kafka broker (KRaft, one node) on a loopback address; its jars come through Maven."""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid

from devlib.errors import DevError
from devlib.net import accepts, check_free
from devlib.process import Daemon
from devlib.workspace import ROOT, Workspace

POM = ROOT / "tools" / "kafka" / "pom.xml"
VERSION = "4.1.0"
CONTROLLER_PORT = 9093
DETOUR_PORT = 9094
JAVA = ["-Xmx400m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
num.partitions=4
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
num.network.threads=2
num.io.threads=4
"""


class Kafka:
    def __init__(self, workspace: Workspace) -> None:
        self.folder = workspace.state / "kafka"
        self.libs = workspace.cache / f"kafka-{VERSION}"
        self.host, self.port = workspace.kafka
        self._maven = workspace.cache / "m2"
        self._settings = self.folder / "server.properties"
        # For tests: where else it can be reached, through something that listens there.
        self.detour: tuple[str, int] | None = None
        self.daemon = Daemon(
            "kafka",
            [*self._java(), "kafka.Kafka", str(self._settings)],
            workspace.run,
            workspace.log,
            stop_timeout=30,
            attached=workspace.attached,
        )

    def fetch_jars(self, run) -> None:
        """Copies the broker's jars into the cache; `run` is Step.run."""
        if (self.libs / "complete").exists():
            return
        shutil.rmtree(self.libs, ignore_errors=True)
        run(
            [
                "mvn",
                "-B",
                "-q",
                "-f",
                str(POM),
                f"-Dmaven.repo.local={self._maven}",
                "dependency:copy-dependencies",
                f"-DoutputDirectory={self.libs}",
            ],
            log="kafka-jars",
            fail="Maven could not fetch Apache Kafka's jars",
            hint="check that this machine reaches Maven Central, then run tools/dev up again",
        )
        shutil.rmtree(self._maven, ignore_errors=True)
        (self.libs / "complete").touch()

    def start(self) -> None:
        if self.daemon.pid():
            return
        check_free(self.host, self.port, "Kafka")
        check_free(self.host, CONTROLLER_PORT, "Kafka's controller")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # the topic `config` holds what passwords are checked with
        settings = SETTINGS.format(
            host=self.host, port=self.port, folder=self.folder, controller=CONTROLLER_PORT
        )
        self._settings.write_text(settings + (self._detour_settings() if self.detour else ""))
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        self.daemon.start()
        self.daemon.wait_until(self.answers, 60, "ready")

    def _detour_settings(self) -> str:
        """Later lines win. A client keeps to the listener that it came by."""
        host, port = self.detour
        plain = f"PLAINTEXT://{self.host}:{self.port}"
        return (
            f"listeners={plain},DETOUR://{self.host}:{DETOUR_PORT},"
            f"CONTROLLER://{self.host}:{CONTROLLER_PORT}\n"
            f"advertised.listeners={plain},DETOUR://{host}:{port}\n"
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,DETOUR:PLAINTEXT,"
            "CONTROLLER:PLAINTEXT\n"
        )

    def answers(self) -> bool:
        return accepts(self.host, self.port)

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            [
                *self._java(),
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={cluster}",  # one word: an id may begin with a dash
                "-c",
                str(self._settings),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DevError(f"Kafka's storage could not be formatted: {done.stderr.strip()[-600:]}")

    def _java(self) -> list[str]:
        return [
            "java",
            *JAVA,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
            "-cp",
            f"{self.libs}/*",
        ]
