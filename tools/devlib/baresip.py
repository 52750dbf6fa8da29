"""A baresip phone: its own process, folder and loopback address, driven over its ctrl_tcp module.

The phone's microphone is a WAV file with one tone and its ear is baresip's `sndfile` filter, so that
what one phone heard can be checked by frequency. baresip asks for no sound card.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devlib.baresip_control import (
    ANSWER_TIMEOUT,
    CONTROL_PORT,
    Control,
    Event,
    PhoneError,
    plain,
)
from devlib.process import end_with_parent
from devlib.tone import tone_of, write_tone

__all__ = ["Account", "Baresip", "Event", "PhoneError", "RtpCount"]

MODULE_PATH = "/usr/lib/baresip/modules"
SIP_PORT = 5060

CONFIG = """\
poll_method epoll
sip_listen {address}:{port}
net_interface {address}
call_local_timeout {ring_timeout}
call_max_calls {max_calls}
audio_path /nonexistent
audio_source aufile,{tone}
audio_player aubridge,nil
audio_alert aubridge,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
rtp_ports 10000-10998
rtp_stats yes
jitter_buffer_delay 1-5
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app debug_cmd.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{control}
snd_path {heard}
menu_bell no
ringback_disabled yes
statmode_default off
"""


@dataclass(frozen=True)
class Account:
    """How a phone signs in. `proxy` is the outbound proxy's address; empty: no registration, no proxy."""

    user: str
    domain: str
    password: str = ""
    proxy: str = ""
    transport: str = "udp"
    auth_user: str = ""
    expires: int = 600
    extra: tuple[str, ...] = ()

    @property
    def aor(self) -> str:
        return f"{self.user}@{self.domain}"

    def line(self) -> str:
        """The account as baresip writes it in its accounts file."""
        parts = [
            f"<sip:{self.aor};transport={self.transport}>",
            "answermode=manual",
            "audio_codecs=PCMU",
        ]
        if self.password:
            parts += [f"auth_user={self.auth_user or self.user}", f"auth_pass={self.password}"]
        if self.proxy:
            parts.append(f'outbound="sip:{self.proxy};transport={self.transport}"')
        parts.append(f"regint={self.expires if self.proxy else 0}")
        return ";".join(parts + list(self.extra))


@dataclass(frozen=True)
class RtpCount:
    """Packets of a call's audio, the port it is received on and where it is sent to."""

    sent: int
    received: int
    remote: str
    local_port: int


class Baresip:
    """Use as a context manager: the process ends with the block."""

    def __init__(
        self,
        address: str,
        folder: Path,
        *,
        tone_hz: int = 440,
        port: int = SIP_PORT,
        max_calls: int = 4,
        ring_timeout: int = 120,
    ) -> None:
        self.address = address
        self.folder = Path(folder)
        self.tone_hz = tone_hz
        self.port = port
        self._max_calls = max_calls
        self._ring_timeout = ring_timeout
        self._process: subprocess.Popen | None = None
        self._control: Control | None = None
        self.account: Account | None = None

    def __enter__(self) -> "Baresip":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        return self.folder / "baresip.log"

    @property
    def pid(self) -> int:
        assert self._process, "the phone is not started"
        return self._process.pid

    def start(self) -> None:
        heard = self.folder / "heard"
        heard.mkdir(parents=True, exist_ok=True)
        tone = self.folder / "tone.wav"
        write_tone(tone, self.tone_hz)
        (self.folder / "config").write_text(
            CONFIG.format(
                address=self.address,
                port=self.port,
                control=CONTROL_PORT,
                tone=tone,
                heard=heard,
                modules=MODULE_PATH,
                max_calls=self._max_calls,
                ring_timeout=self._ring_timeout,
            )
        )
        (self.folder / "accounts").write_text("")
        (self.folder / "contacts").write_text("")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                ["baresip", "-f", str(self.folder), "-v", "-s"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,
            )
        self._control = Control(self.address, self._alive)

    def stop(self) -> None:
        """Unregisters, closes what calls are left and ends the process."""
        process, self._process = self._process, None
        if not process:
            return
        if self._control:
            self._control.close()
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Ends the process at once: nothing is unregistered, no BYE is sent."""
        process, self._process = self._process, None
        if process:
            if self._control:
                self._control.close()
            process.kill()
            process.wait()

    # What a person does with a phone.

    def sign_in(self, account: Account, timeout: float = ANSWER_TIMEOUT) -> None:
        """Adds the account and, if it has a proxy, registers. PhoneError says how it was refused."""
        self.add_account(account)
        if not account.proxy:
            return
        event = self.wait("REGISTER_OK", "REGISTER_FAIL", timeout=timeout)
        if event.kind != "REGISTER_OK":
            raise PhoneError(f"{account.aor} could not register at {account.proxy}: {event.param}")

    def add_account(self, account: Account) -> None:
        self.account = account
        self.command("uanew", account.line())

    def dial(self, target: str) -> None:
        self.command("dial", target if target.startswith("sip:") else f"sip:{target}")

    def answer(self) -> None:
        self.command("accept")

    def hang_up(self) -> None:
        """Ends the current call; an unanswered one is refused (486) or, if ours, cancelled."""
        self.command("hangup")

    # What a test wants to know.

    def command(self, name: str, params: str = "") -> str:
        """Runs one of baresip's commands; returns what it prints."""
        assert self._control, "the phone is not started"
        return self._control.command(name, params)

    @property
    def events(self) -> list[Event]:
        assert self._control, "the phone is not started"
        return self._control.seen()

    def saw(self, kind: str) -> bool:
        return any(event.kind == kind for event in self.events)

    def forget(self) -> None:
        """Events seen so far no longer answer wait()."""
        assert self._control, "the phone is not started"
        self._control.forget()

    def wait(self, *kinds: str, timeout: float = ANSWER_TIMEOUT) -> Event:
        """The first event of one of these kinds since the last forget(), seen already or to come."""
        assert self._control, "the phone is not started"
        event = self._control.wait(kinds, timeout)
        if event:
            return event
        seen = ", ".join(f"{e.kind}({e.param})" for e in self.events) or "nothing"
        raise PhoneError(
            f"phone {self.address} saw no {' or '.join(kinds)} within {timeout:.0f} s; "
            f"it saw {seen}; log: {self.log}"
        )

    def rtp(self) -> RtpCount:
        """Counters of the current call's audio."""
        return _parse_rtp(plain(self.command("audio_debug")))

    def sip_trace(self) -> str:
        """All SIP messages sent and received so far, in order."""
        return plain(self.log.read_text(errors="replace"))

    def contact(self) -> str:
        """The URI that the phone last gave as its own."""
        mine = re.findall(
            rf"^Contact: <(sip:{re.escape(self.account.user)}[^>]*)>", self.sip_trace(), re.M
        )
        assert mine, "the phone has not sent a Contact yet"
        return mine[-1]

    def heard_hz(self) -> float:
        """The tone in what this phone heard most recently, 0 for silence; read it after the call."""
        files = sorted(
            (self.folder / "heard").glob("*dec*.wav"), key=lambda path: path.stat().st_mtime
        )
        return tone_of(files[-1]) if files else 0.0

    def _alive(self) -> None:
        if self._process and self._process.poll() is not None:
            tail = self.log.read_text(errors="replace")[-800:]
            raise PhoneError(
                f"baresip at {self.address} ended with {self._process.returncode}:\n{tail}"
            )


def _parse_rtp(text: str) -> RtpCount:
    sent = re.search(r"TX: packets=(\d+)", text)
    received = re.search(r"\brcvd=(\d+)", text)
    ends = re.search(r"local: [\d.]+:(\d+), remote: ([\d.]+:\d+)", text)
    return RtpCount(
        int(sent[1]) if sent else 0,
        int(received[1]) if received else 0,
        ends[2] if ends else "",
        int(ends[1]) if ends else 0,
    )
