"""SIPp calls through both proxies while something fails, and the books: who heard of which answer."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from chaos_site import ChaosSite
from deadline import until
from devlib.bench.generator import DOMAIN, PASSWORD
from devlib.bench.ours import FIRST_USER
from phones.sipp import Sipp
from scale import SCALE

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
SAID = re.compile(r"^(answered|ended|offered|acknowledged) Call-ID: *(\S+)", re.M)
ENDLESS = 1_000_000
LONGEST = 1800  # seconds that a SIPp may run
CALL_END = 60.0  # seconds that calls under way may take to end


@dataclass
class Books:
    """What the phones saw of one load, by Call-ID."""

    began: float
    answered: set[str] = field(default_factory=set)  # the caller got 200 for its INVITE
    ended: set[str] = field(default_factory=set)  # … and for its BYE
    offered: set[str] = field(default_factory=set)  # the callee rang
    failed: int = 0  # calls that a caller could not make, or not end

    def check(self, site: ChaosSite, timeout: float = 60) -> None:
        """Each answered call has exactly one CDR as such, and no CDR tells of a call that nobody got."""
        until(
            lambda: self.answered <= site.answered_cdrs(self.began).keys(),
            "a CDR of each answered call",
            timeout,
            lambda: self._missing(site),
        )
        cdrs = site.answered_cdrs(self.began)
        twice = {call_id: count for call_id, count in cdrs.items() if count != 1}
        assert not twice, f"calls with more than one CDR: {twice}"
        invented = cdrs.keys() - self.offered
        assert not invented, f"CDRs of calls that no phone got: {invented}"

    def second_tries(self) -> set[str]:
        """Calls that were answered only when the caller had turned to the other proxy."""
        return {call_id for call_id in self.answered if call_id.startswith("b///")}

    def _missing(self, site: ChaosSite) -> str:
        missing = self.answered - site.answered_cdrs(self.began).keys()
        some = {call_id: site.outcomes_of(call_id) for call_id in sorted(missing)[:5]}
        return f"{len(missing)} of {len(self.answered)} answered calls have none, but {some}"

    def __str__(self) -> str:
        return f"{len(self.answered)} answered, {len(self.ended)} ended, {self.failed} failed"


class CallLoad:
    """Two callers, one at each proxy; each calls a phone that is registered through the other one."""

    def __init__(
        self,
        site: ChaosSite,
        folder: Path,
        *,
        rate: float = SCALE.call_rate,
        talk: float = SCALE.talk,
        ring_ms: int = 200,
        expires: int = 3600,
    ) -> None:
        self._site = site
        self._folder = folder
        self._rate = rate
        self._talk_ms = round(talk * 1000)
        self._ring_ms = ring_ms
        self._expires = expires
        self._callers: list[Sipp] = []
        self._callees: list[Sipp] = []
        self.began = 0.0

    def __enter__(self) -> "CallLoad":
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Registers the callees and begins; returns when the first calls were answered."""
        for place in (0, 1):
            self._register(place)
            self._callees.append(self._callee(place))
        self.began = time.time()
        for place in (0, 1):
            self._callers.append(self._caller(place))
        self.wait_for_answers(1)

    def failed(self) -> int:
        """Calls that could not be made, or not ended, until a second ago."""
        time.sleep(1.1)  # SIPp writes its statistics once a second
        return sum(caller.count("FailedCall(C)") for caller in self._callers)

    def answered_each(self) -> list[int]:
        """By caller: the first is at proxy-1 and calls through proxy-2, the second the other way."""
        return [_said(caller).count("answered ") for caller in self._callers]

    def wait_for_answers(self, more: int = 5, timeout: float = 30) -> float:
        """Until both callers got that many answers from now on; the seconds that it took."""
        began = time.monotonic()
        wanted = [count + more for count in self.answered_each()]
        until(
            lambda: all(now >= then for now, then in zip(self.answered_each(), wanted)),
            f"{more} more answers for each caller",
            timeout,
        )
        return time.monotonic() - began

    def run(self, seconds: float) -> None:
        """Lets it go on; the load itself must not end meanwhile."""
        time.sleep(seconds)  # load for that long is what is asked for
        assert all(caller.running() for caller in self._callers), "a SIPp ended by itself"

    def begin_no_more(self) -> None:
        """No more calls; those under way go on."""
        for caller in self._callers:
            caller.begin_no_more()

    def finish(self) -> Books:
        """No more calls; waits for the end of those under way."""
        self.begin_no_more()
        for caller in self._callers:
            caller.ended(CALL_END + self._talk_ms / 1000)
        books = Books(self.began)
        for caller in self._callers:
            for what, call_id in SAID.findall(_said(caller)):
                getattr(books, what).add(call_id)
            books.failed += caller.count("FailedCall(C)")
        for callee in self._callees:
            books.offered |= {c for what, c in SAID.findall(_said(callee)) if what == "offered"}
        self.kill()
        return books

    def kill(self) -> None:
        for sipp in (*self._callers, *self._callees):
            sipp.stop()

    def _register(self, place: int) -> None:
        with Sipp(
            "register",
            **self._phone(place, callee=True),
            folder=self._folder / f"callee-{place}",
            keys={"expires": str(self._expires)},
        ) as registering:
            registering.wait()

    def _callee(self, place: int) -> Sipp:
        return Sipp(
            "uas",
            **self._phone(place, callee=True),
            folder=self._folder / f"callee-{place}",
            scenarios=SCENARIOS,
            calls=ENDLESS,
            limit=ENDLESS,
            talk_ms=self._ring_ms,
            recv_timeout_ms=self._talk_ms + 40_000,
            timeout=LONGEST,
            messages=False,
            polite=True,  # a proxy that takes a call over asks for it
        )

    def _caller(self, place: int) -> Sipp:
        return Sipp(
            "uac",
            **self._phone(place, callee=False),
            folder=self._folder / f"caller-{place}",
            scenarios=SCENARIOS,
            callee=_user(callee=True, place=place),
            calls=ENDLESS,
            limit=ENDLESS,
            rate=self._rate / 2,
            talk_ms=self._talk_ms,
            recv_timeout_ms=40_000,
            timeout=LONGEST,
            messages=False,
            polite=True,  # a proxy that takes a call over asks for it
            keys={"other": self._site.proxies[1 - place]},
        )

    def _phone(self, place: int, *, callee: bool) -> dict[str, str]:
        """A callee of the caller at one proxy is registered through the other."""
        return {
            "user": _user(callee=callee, place=place),
            "password": PASSWORD,
            "domain": DOMAIN,
            "local": self._site.address(150 + 2 * place + callee),
            "proxy": self._site.proxies[1 - place if callee else place],
        }


def _user(*, callee: bool, place: int) -> str:
    return str(FIRST_USER + 2 * place + callee)


def _said(sipp: Sipp) -> str:
    return sipp.log.read_text(errors="replace") if sipp.log.exists() else ""
