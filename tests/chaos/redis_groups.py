"""Redis as production has it: a master with replicas and sentinels, and a cluster of masters."""

from __future__ import annotations

from deadline import until
from devlib.process import Daemon, end
from devlib.workspace import Workspace
from redis_wire import answers, ask

PORT = 6379
BUS_PORT = 16379
SLOTS = 16384
NODE_TIMEOUT_MS = 2000  # of the cluster: until a master counts as failed
DOWN_AFTER_MS = 1000  # of the sentinels, likewise


class Servers:
    """redis-servers on loopback addresses of their own, with the cluster's password."""

    def __init__(self, workspace: Workspace, name: str, first_last_octet: int) -> None:
        self._workspace = workspace
        self._name = name
        self._first = first_last_octet
        self._daemons: dict[str, Daemon] = {}
        self.password = workspace.secrets["PBX_REDIS_PASSWORD"]

    def stop(self) -> None:
        for daemon in self._daemons.values():
            daemon.stop()

    def address(self, index: int) -> tuple[str, int]:
        return self._workspace.address(self._first + index), PORT

    def ask(self, index: int, *words: str):
        return ask(self.address(index), *words, password=self.password)

    def kill(self, index: int) -> None:
        end(self._daemon(index).pid(), 9, 5)

    def _daemon(self, index: int) -> Daemon:
        return self._daemons[f"{self._name}-{index}"]

    def _start(self, index: int, settings: str) -> None:
        address = self.address(index)
        common = (
            f"replica-announce-ip {address[0]}\nrequirepass {self.password}\n"
            f'masterauth {self.password}\nsave ""\nrepl-diskless-sync-delay 0\n'
            "hash-max-listpack-value 4096\n"
        )
        name = f"{self._name}-{index}"
        self._run(name, address, common + settings, password=self.password)

    def _run(
        self, name: str, address: tuple[str, int], settings: str, *more: str, password: str = ""
    ) -> None:
        """A redis-server or sentinel with these settings; it answers when this returns."""
        host, port = address
        folder = self._workspace.state / name
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.conf"
        file.write_text(f"bind {host}\nport {port}\ndir {folder}\n{settings}")
        daemon = Daemon(
            name,
            ["redis-server", str(file), *more],
            self._workspace.run,
            self._workspace.log,
            attached=True,
        )
        self._daemons[name] = daemon
        daemon.start()
        until(lambda: answers(address, "PING", password=password), f"{name} answers")

    def _wait(self, index: int, part: str, *words: str) -> None:
        until(lambda: part in str(self.ask(index, *words)), f"{self._name}-{index}: {part}", 30)


class Sentinels(Servers):
    """A master, two replicas and three sentinels that call it `mymaster`."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "sentinel-redis", 60)

    def start(self) -> None:
        host, port = self.address(0)
        self._start(0, "")
        for replica in (1, 2):
            self._start(replica, f"replicaof {host} {port}\n")
        for replica in (1, 2):
            self._wait(replica, "master_link_status:up", "INFO", "replication")
        for number in range(3):
            self._start_sentinel(number)
        for number in range(3):
            until(lambda n=number: self._knows_all(n), "each sentinel knows the others", 30)

    @property
    def uri(self) -> str:
        joined = ",".join(f"{host}:{port}" for host, port in map(self._sentinel, range(3)))
        return f"redis-sentinel://{joined}/mymaster"

    def master(self) -> int:
        """Which server is it, as the sentinels say."""
        host, _ = ask(self._sentinel(0), "SENTINEL", "get-master-addr-by-name", "mymaster")
        return next(i for i in range(3) if self.address(i)[0] == host)

    def _sentinel(self, number: int) -> tuple[str, int]:
        return self._workspace.address(self._first + 3 + number), 26379

    def _start_sentinel(self, number: int) -> None:
        address = self._sentinel(number)
        settings = (
            f"sentinel announce-ip {address[0]}\n"
            f"sentinel monitor mymaster {self.address(0)[0]} {PORT} 2\n"
            f"sentinel auth-pass mymaster {self.password}\n"
            f"sentinel down-after-milliseconds mymaster {DOWN_AFTER_MS}\n"
            "sentinel failover-timeout mymaster 3000\n"
        )
        self._run(f"sentinel-{number}", address, settings, "--sentinel")

    def _knows_all(self, number: int) -> bool:
        said = ask(self._sentinel(number), "SENTINEL", "MASTER", "mymaster")
        known = dict(zip(said[::2], said[1::2]))
        return (known["num-slaves"], known["num-other-sentinels"]) == ("2", "2")


class RedisCluster(Servers):
    """Three masters with a third of the slots each, and a replica of each."""

    MASTERS = 3

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "cluster-redis", 70)

    def start(self) -> None:
        count = 2 * self.MASTERS
        for index in range(count):
            self._start(
                index,
                f"cluster-enabled yes\ncluster-port {BUS_PORT}\n"
                f"cluster-announce-ip {self.address(index)[0]}\n"
                f"cluster-node-timeout {NODE_TIMEOUT_MS}\ncluster-replica-validity-factor 0\n",
            )
            self.ask(index, "CLUSTER", "SET-CONFIG-EPOCH", str(index + 1))
        for master in range(self.MASTERS):
            first, after = (SLOTS * m // self.MASTERS for m in (master, master + 1))
            self.ask(master, "CLUSTER", "ADDSLOTSRANGE", str(first), str(after - 1))
        for index in range(1, count):
            host, port = self.address(index)
            self.ask(0, "CLUSTER", "MEET", host, str(port), str(BUS_PORT))
        for replica in range(self.MASTERS, count):
            self._replicate(replica)
        for index in range(count):
            self._wait(index, "cluster_state:ok", "CLUSTER", "INFO")
            self._wait(index, f"cluster_known_nodes:{count}", "CLUSTER", "INFO")
        for replica in range(self.MASTERS, count):
            self._wait(replica, "master_link_status:up", "INFO", "replication")

    @property
    def uri(self) -> str:
        seeds = (self.address(index) for index in range(self.MASTERS))
        return "redis-cluster://" + ",".join(f"{host}:{port}" for host, port in seeds)

    def _replicate(self, replica: int) -> None:
        master = self.ask(replica - self.MASTERS, "CLUSTER", "MYID")
        address, password = self.address(replica), self.password
        until(
            lambda: answers(address, "CLUSTER", "REPLICATE", master, password=password) == "OK",
            "a replica knows its master",
        )
