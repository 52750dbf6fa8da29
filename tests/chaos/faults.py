"""Faults by name: each can be put in force and mended, on any process, backend or link."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from chaos_site import ChaosSite

SERVICES = ("proxy-1", "proxy-2", "registrar-1", "registrar-2", "billing-1", "provisioning-1")
BACKENDS = ("redis", "postgres", "kafka")


@dataclass(frozen=True)
class Fault:
    """`seconds` is how long it lasts before it is mended."""

    what: str
    where: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.what} {self.where} {self.seconds:.1f} s"

    def begin(self, site: ChaosSite) -> None:
        KINDS[self.what].begin(site, self.where)

    def mend(self, site: ChaosSite) -> None:
        KINDS[self.what].mend(site, self.where)


@dataclass(frozen=True)
class Kind:
    places: tuple[str, ...]
    begin: Callable[[ChaosSite, str], None]
    mend: Callable[[ChaosSite, str], None]


def _start(site: ChaosSite, where: str) -> None:
    site.start_again(where)


def _heal(site: ChaosSite, where: str) -> None:
    site.links[where].heal()


KINDS = {
    "kill": Kind((*SERVICES, *BACKENDS), lambda site, where: site.kill(where), _start),
    "stop": Kind(
        (*SERVICES, *BACKENDS), lambda site, where: bool(site.daemon(where).stop()), _start
    ),
    "pause": Kind(
        (*SERVICES, *BACKENDS),
        lambda site, where: site.pause(where),
        lambda site, where: site.resume(where),
    ),
    "cut": Kind(BACKENDS, lambda site, where: site.links[where].cut(), _heal),
    "drop": Kind(BACKENDS, lambda site, where: site.links[where].drop(), _heal),
    "delay": Kind(BACKENDS, lambda site, where: site.links[where].delay(0.2), _heal),
    "half-open": Kind(BACKENDS, lambda site, where: site.links[where].half_open(), _heal),
}


def sequence(seed: int, count: int, longest: float) -> list[Fault]:
    """The same faults for the same seed, in every run."""
    dice = random.Random(seed)
    faults = []
    for _ in range(count):
        what = dice.choice(sorted(KINDS))
        where = dice.choice(KINDS[what].places)
        faults.append(Fault(what, where, dice.uniform(0.5, longest)))
    return faults
