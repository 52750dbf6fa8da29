"""The cluster that the tests call through, and what they ask of it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from deadline import until
from devlib.cdrs import Cdr, Cdrs
from devlib.cluster import Cluster
from devlib.demo import Demo
from devlib.errors import DevError, tail
from devlib.net import check_free, http_get
from devlib.pbxctl import PbxctlRefused
from devlib.process import exit_code
from devlib.progress import Progress, explain
from devlib.workspace import Workspace
from metrics import Metrics
from phones.baresip import Account

HQ, LAB = "hq.north.pbx.test", "lab.north.pbx.test"
# Timer C as short as a test can wait for, and callees are told who calls; everything else as on a
# developer's machine.
OVERRIDES = {"proxy": {"timer_c": "10s", "assert_identity": True}}
SANITIZER_REPORT = re.compile(
    r"^.*(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error: )", re.M
)
BACKEND_PORTS = ((2, 5432), (3, 6379), (4, 9092))


def free_net() -> str:
    """A loopback /24 of this process' own."""
    for attempt in range(50):
        number = os.getpid() + attempt * 97
        net = f"127.{100 + number // 254 % 100}.{number % 254 + 1}"
        try:
            for last, port in (*BACKEND_PORTS, (11, 5060), (101, 5060)):
                check_free(f"{net}.{last}", port, "a test")
            return net
        except DevError:
            continue
    raise AssertionError("no free loopback net found")


class Site:
    def __init__(
        self, binary_dir: Path, state: Path, overrides: dict[str, dict] | None = None
    ) -> None:
        self.workspace = Workspace(state, binary_dir, free_net(), attached=True)
        self.cluster = Cluster(
            self.workspace, Progress(self.workspace.log), OVERRIDES if overrides is None else overrides
        )
        self.pbxctl = self.cluster.pbxctl
        self.demo = Demo(self.cluster)
        self.proxies = [process.address for process in self.workspace.of("proxy")]
        self._cdrs = Cdrs(self.cluster)
        self._registered: set[str] = set()
        self.expected_cdrs: list[Cdr] = []
        # Call-IDs of calls whose INVITE a test has sent again: refused attempts have them too.
        self.replayed: set[str] = set()

    def start(self) -> None:
        try:
            self.bring_up()
        except DevError as error:
            explain(error)
            raise AssertionError(str(error)) from error

    def bring_up(self) -> None:
        self.cluster.start()
        self.demo.seed()

    def stop(self) -> None:
        """Ends the cluster; services must drain to exit 0, with no word from a sanitizer."""
        pids = {process.node: pid for process, pid in self.cluster.processes() if pid}
        self.cluster.stop_at_once()
        bad = {node: exit_code(pid) for node, pid in pids.items() if exit_code(pid) != 0}
        bad |= {name: found for name, found in self._sanitizer_reports() if found}
        assert not bad, f"ended badly: {bad}"

    def _sanitizer_reports(self) -> Iterator[tuple[str, str]]:
        for name, daemon in self.cluster.daemons():
            if daemon.log.exists():
                text = daemon.log.read_text(errors="replace")
                found = SANITIZER_REPORT.search(text)
                yield name, text[found.start() : found.start() + 3000] if found else ""

    def address(self, last: int) -> str:
        return self.workspace.address(last)

    def account(
        self, user: str, domain: str = HQ, *, proxy: int = 0, transport: str = "udp", **more
    ) -> Account:
        """A demo user's account at one of the two proxies."""
        login = self.demo.login(f"{user}@{domain}")
        self._registered.add(f"{user}@{domain}")
        return Account(
            user, domain, login.password, proxy=self.proxies[proxy], transport=transport, **more
        )

    def password(self, user: str, domain: str = HQ) -> str:
        self._registered.add(f"{user}@{domain}")
        return self.demo.login(f"{user}@{domain}").password

    def bindings(self, aor: str) -> list[dict]:
        """Live bindings of one user, as pbxctl shows them."""
        try:
            shown = self.pbxctl("binding", "show", aor)
        except PbxctlRefused:
            return []
        groups = shown if isinstance(shown, list) else [shown or {}]
        return [binding for group in groups for binding in group.get("bindings", [])]

    def forget_bindings(self) -> None:
        """No phone of one test rings in the next."""
        for aor in self._registered:
            if self.bindings(aor):
                self.pbxctl("binding", "remove", aor, "--yes")
        self._registered.clear()

    def cdr(self, caller: str, since: float) -> Cdr:
        """The one CDR of a call that `caller` began after `since`; it must be whole and true to the clock."""
        found = until(lambda: self._made_by(caller, since), f"a CDR of {caller}")
        assert len(found) == 1, f"one call, {len(found)} CDRs: {found}"
        cdr = found[0]
        self.expected_cdrs.append(cdr)
        _check_times(cdr, since)
        return cdr

    def cdrs(self, caller: str, since: float, count: int) -> list[Cdr]:
        """The CDRs of `count` calls that `caller` began after `since`."""
        found = until(
            lambda: (f := self._made_by(caller, since)) and len(f) >= count and f,
            f"{count} CDRs of {caller}",
        )
        assert len(found) == count
        self.expected_cdrs += found
        return found

    def _made_by(self, caller: str, since: float) -> list[Cdr]:
        return [cdr for cdr in self._cdrs.of(caller, int(since * 1000)) if cdr.caller == caller]

    def all_cdrs(self) -> list[Cdr]:
        return [Cdr.of(fields) for fields in self.pbxctl("cdr", "list", "--limit", "0") or []]

    def metrics(self, node: str) -> Metrics:
        """What one process counts now; `node` as in proxy-1."""
        process = next(p for p in self.workspace.processes if p.node == node)
        status, text = http_get(process.admin, "/metrics")
        assert status == 200, f"{node} gives no metrics"
        return Metrics(text)

    def log_sections(self) -> list[tuple[str, str]]:
        return [
            (f"log of {name}", "\n".join(tail(daemon.log, 25)))
            for name, daemon in self.cluster.daemons()
            if daemon.log.exists()
        ]


def _check_times(cdr: Cdr, since: float) -> None:
    now_ms = time.time() * 1000
    assert int(since * 1000) <= cdr.started_at_ms <= cdr.ended_at_ms <= now_ms
    steps = [
        at
        for at in (cdr.started_at_ms, cdr.ringing_at_ms, cdr.answered_at_ms, cdr.ended_at_ms)
        if at
    ]
    assert steps == sorted(steps)
    assert cdr.duration_ms == (cdr.ended_at_ms - cdr.answered_at_ms if cdr.answered_at_ms else 0)
    assert (cdr.outcome == "answered") == bool(cdr.answered_at_ms)
    assert cdr.sip_call_id and cdr.call_id and cdr.node.startswith("proxy-")
