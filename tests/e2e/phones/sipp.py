"""SIPp with the scenarios beside this file, or others; digest credentials and domains come as arguments."""

from __future__ import annotations

import csv
import signal
import subprocess
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent / "sipp"
TIMEOUT = 40


class SippFailed(AssertionError):
    """SIPp did not see what its scenario asks for."""


class Sipp:
    """One SIPp process that plays one scenario once (or `calls` times)."""

    def __init__(
        self,
        scenario: str,
        *,
        local: str,
        proxy: str,
        folder: Path,
        port: int = 5060,
        transport: str = "udp",
        user: str = "",
        password: str = "",
        domain: str = "",
        callee: str = "",
        calls: int = 1,
        talk_ms: int = 500,
        recv_timeout_ms: int = 15000,
        scenarios: Path = SCENARIOS,
        rate: float = 10,
        limit: int = 10,
        timeout: int = TIMEOUT,
        keys: dict[str, str] | None = None,
        messages: bool = True,
        polite: bool = False,
    ) -> None:
        """`keys` are words of the scenario. Each started call is one of `rate` a second, and of
        `limit` at a time. `messages`: keep a trace of all of them. `polite`: answers an INFO or
        OPTIONS of a call that the scenario does not expect by 200."""
        self._name = scenario
        self._timeout = timeout
        self._ending = False
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{scenario}.log"
        self._statistics = folder / f"{scenario}.csv"
        self._errors = folder / f"{scenario}.errors"
        self.messages = folder / f"{scenario}.messages"
        self._output = folder / f"{scenario}.out"
        argv = [
            "sipp",
            f"{proxy}:5060",
            "-sf",
            str(scenarios / f"{scenario}.xml"),
            "-i",
            local,
            "-p",
            str(port),
            "-t",
            {"udp": "u1", "tcp": "t1"}[transport],
            "-m",
            str(calls),
            "-r",
            str(max(1, round(rate * 10))),
            "-rp",
            "10000",
            "-l",
            str(limit),
            "-s",
            callee or user,
            "-au",
            user,
            "-ap",
            password,
            "-auth_uri",
            f"{callee}@{domain}" if callee else domain,
            "-key",
            "domain",
            domain,
            "-key",
            "user",
            user,
            "-d",
            str(talk_ms),
            "-timeout",
            f"{timeout}s",
            "-timeout_error",
            "-recv_timeout",
            str(recv_timeout_ms),
            "-nostdin",
            "-trace_err",
            "-error_file",
            str(self._errors),
            "-trace_logs",
            "-log_file",
            str(self.log),
            "-trace_stat",
            "-fd",
            "1",
            "-stf",
            str(self._statistics),
        ]
        for name, value in ({"expires": "120"} | (keys or {})).items():
            argv += ["-key", name, value]
        if polite:
            argv += ["-aa"]
        if messages:
            argv += ["-trace_msg", "-message_file", str(self.messages)]
        with self._output.open("wb") as out:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )

    def __enter__(self) -> "Sipp":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> None:
        """Returns when the scenario has been played to its end; SippFailed otherwise."""
        code = self.ended()
        if code != 0:
            said = [
                path.read_text(errors="replace")[-1500:]
                for path in (self._errors, self._output)
                if path.exists()
            ]
            raise SippFailed(f"sipp {self._name} ended with {code}\n" + "\n".join(said))

    def running(self) -> bool:
        return self._process.poll() is None

    def ended(self, timeout: float = 0) -> int:
        """Waits for the end; SIPp's exit code (1: some calls failed), -1: it had to be killed."""
        try:
            return self._process.wait(timeout or self._timeout + 10)
        except subprocess.TimeoutExpired:
            self.stop()
            return -1

    def begin_no_more(self) -> None:
        """No new calls; those under way go on to their end, and then SIPp's own."""
        if self._ending or not self.running():
            return  # a second signal would end it at once
        self._ending = True
        self._process.send_signal(signal.SIGUSR1)

    def count(self, column: str) -> int:
        """The last figure of SIPp's statistics, up to a second old: `SuccessfulCall(C)` …"""
        with self._statistics.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        return int(rows[-1][column]) if rows else 0

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def play(scenario: str, **settings) -> None:
    """Plays a scenario to its end."""
    with Sipp(scenario, **settings) as sipp:
        sipp.wait()
