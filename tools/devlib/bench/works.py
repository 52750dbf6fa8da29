"""What is measured, against whom, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass, field

from devlib.bench.generator import Load
from devlib.bench.kamailio import (
    Kamailio,
    KamailioCalls,
    KamailioDmq,
    KamailioMemory,
    KamailioPostgres,
    KamailioRedis,
)

# Users of the bench: the first ones refresh and call, the others register for the first time.
USERS = 130_000
FIRST = 100_000
FIRST_NEW = FIRST + 30_000
ROUNDS = 3


@dataclass(frozen=True)
class Work:
    """One load that all its rivals get too. `targets` are ratios of CPU, in the rivals' order."""

    name: str
    title: str
    load: Load
    rivals: tuple[type[Kamailio], ...]
    targets: tuple[float, ...]
    fresh: bool = False  # each run takes users that have not registered before
    capacity: bool = True
    growth: float = 1.25

    def load_of(self, run: int) -> Load:
        if not self.fresh:
            return self.load
        values = self.load.__dict__ | {"first_user": FIRST_NEW + run * self.load.users}
        return Load(**values)

    def search_load(self) -> Load:
        return Load(**self.load.__dict__ | {"growth": self.growth})


def _registers(rate: float, seconds: float) -> Load:
    """Refreshes: the warm-up registers each phone once."""
    warm_up = 4.0
    return Load("register", rate, users=int(rate * warm_up), warm_up=warm_up, seconds=seconds)


def works(seconds: float) -> list[Work]:
    warm_up = 2.0
    first = Load(
        "register", 1500, users=int(1500 * (warm_up + seconds)), warm_up=warm_up, seconds=seconds
    )
    call = Load("call", 1000, users=400, warm_up=3, seconds=seconds)
    return [
        Work(
            "register-shared",
            "digest REGISTER, refresh, 1,500/s",
            _registers(1500, seconds),
            (KamailioDmq,),
            (0.4,),
        ),
        Work(
            "register-first",
            "digest REGISTER, first, 1,500/s",
            first,
            (KamailioDmq,),
            (0.4,),
            fresh=True,
            capacity=False,
        ),
        Work(
            "register-database",
            "digest REGISTER, refresh, 500/s",
            _registers(500, seconds),
            (KamailioPostgres,),
            (0.25,),
        ),
        Work(
            "register-memory",
            "digest REGISTER, refresh, 6,000/s",
            _registers(6000, seconds),
            (KamailioMemory,),
            (1.0,),
            growth=1.1,
        ),
        Work(
            "call",
            "call INVITE … BYE, 1,000/s",
            call,
            (KamailioCalls, KamailioRedis),
            (0.6, 0.15),
        ),
    ]


@dataclass
class Row:
    """One line of the table. `ratio` is ours to the rival's; `target` the most it should be."""

    name: str
    ours: float | None
    rival: str
    rival_value: float | None
    unit: str
    target: float | None = None
    at_least: bool = False  # the target is the least that the ratio should be
    note: str = ""
    details: dict = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        if not self.ours or not self.rival_value:
            return None
        return self.ours / self.rival_value

    @property
    def met(self) -> bool | None:
        if self.target is None or self.ratio is None:
            return None
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target
