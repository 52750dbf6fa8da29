"""Call detail records as billing has them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from devlib.cluster import Cluster
from devlib.errors import DevError


@dataclass(frozen=True)
class Cdr:
    """One finished call; times in ms since 1970, 0 where it did not get that far."""

    call_id: str
    tenant_id: int
    caller: str
    dialled: str
    callee: str
    answered_by: str
    started_at_ms: int
    ringing_at_ms: int
    answered_at_ms: int
    ended_at_ms: int
    duration_ms: int
    outcome: str
    sip_code: int
    reason: str
    hung_up_by: str
    sip_call_id: str
    node: str

    @staticmethod
    def of(fields: dict) -> "Cdr":
        """From pbxctl's JSON, where 64-bit numbers are strings."""
        values = {}
        for name, kind in Cdr.__annotations__.items():
            values[name] = int(fields.get(name, 0)) if kind == "int" else str(fields.get(name, ""))
        return Cdr(**values)

    def lines(self) -> list[tuple[str, str]]:
        """Labels and values for people."""
        return [
            ("call", self.call_id),
            ("from", self.caller),
            ("dialled", self.dialled),
            ("to", self.callee),
            ("answered by", self.answered_by),
            ("started", _clock(self.started_at_ms)),
            ("ringing", _clock(self.ringing_at_ms)),
            ("answered", _clock(self.answered_at_ms)),
            ("ended", _clock(self.ended_at_ms)),
            ("duration", f"{self.duration_ms / 1000:.1f} s"),
            ("outcome", f"{self.outcome} ({self.sip_code})"),
            ("hung up by", self.hung_up_by),
            ("node", self.node),
        ]


class Cdrs:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def of(self, party: str, since_ms: int) -> list[Cdr]:
        """CDRs of calls that `party`, an AoR, made or got since then, newest first."""
        found = [
            Cdr.of(fields) for fields in self._cluster.pbxctl("cdr", "list", "--party", party) or []
        ]
        return [cdr for cdr in found if cdr.started_at_ms >= since_ms]

    def wait_one(self, party: str, since_ms: int, timeout: float) -> Cdr:
        """The one CDR of that party since then; DevError if none comes, or more than one."""
        deadline = time.monotonic() + timeout
        while not (found := self.of(party, since_ms)):
            if time.monotonic() > deadline:
                raise DevError(
                    f"no CDR of {party} came within {timeout:.0f} s",
                    log=self._cluster.services.daemon(self._cluster.workspace.of("billing")[0]).log,
                    hint="tools/dev logs billing; tools/dev kafka calls shows the call's events",
                )
            time.sleep(0.1)
        if len(found) > 1:
            raise DevError(f"one call of {party} has {len(found)} CDRs: {found}")
        return found[0]


def _clock(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000).strftime("%H:%M:%S.%f")[:-3] if ms else "-"
