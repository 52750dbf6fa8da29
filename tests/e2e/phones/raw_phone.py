"""A phone made of a bare socket: it registers, answers and talks in a dialog as its test says."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from phones.raw import PATIENCE, RawUdp
from phones.sip import Message, Request

Lines = Sequence[str]


class RawPhone:
    """One user at one proxy, over UDP; a context manager."""

    def __init__(self, address: str, *, user: str, domain: str, password: str, proxy: str) -> None:
        self._udp = RawUdp(address)
        self.user, self.password, self.proxy, self.domain = user, password, proxy, domain
        self.tag = secrets.token_hex(5)

    def __enter__(self) -> "RawPhone":
        return self

    def __exit__(self, *_: object) -> None:
        self._udp.__exit__()

    @property
    def local(self) -> str:
        return self._udp.local

    @property
    def aor(self) -> str:
        return f"sip:{self.user}@{self.domain}"

    def request(self, method: str, to: str, **headers: str) -> Request:
        """A request out of a dialog; `to` is a user of this phone's domain, or nobody in it."""
        uri = f"sip:{to}@{self.domain}" if to else f"sip:{self.domain}"
        target = self.aor if method == "REGISTER" else uri
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Request(method, uri, self.aor, target, self.local, headers=named)

    def ask(self, request: Request, *, proxy: str = "") -> Message:
        """The final answer; no challenge is met."""
        return self._udp.ask(request, proxy or self.proxy)

    def prove(self, request: Request) -> Message:
        """Has `request` challenged, and adds the credentials to it."""
        challenge = self.ask(request)
        assert challenge.code in (401, 407), challenge.start
        request.answer_challenge(challenge, self.user, self.password)
        return challenge

    def proved(self, method: str, to: str) -> Request:
        """A request with credentials."""
        request = self.request(method, to)
        self.prove(request)
        return request

    def register(self) -> Request:
        """Registers; gives the request that did it."""
        request = self.request("REGISTER", "", Expires="120")
        self.prove(request)
        answer = self.ask(request)
        assert answer.code == 200, answer.start
        return request

    def send(self, data: bytes) -> None:
        self._udp.send(data, self.proxy)

    def receive(self, what: str | int) -> Message:
        """The next request of that method, or response with that code; others are passed over."""
        while (message := self._udp.receive(PATIENCE)) is not None:
            if message.code == what or (message.code == 0 and message.start.split()[0] == what):
                return message
        raise AssertionError(f"{self.user} did not receive {what} within {PATIENCE:g} s")

    def nothing_more(self, seconds: float = 0.5) -> bool:
        return self._udp.receive(seconds) is None

    def answer(self, request: Message, code: int, reason: str = "Reason", lines: Lines = ()) -> None:
        """Answers as the request came; from 101 on with this phone's tag and Contact."""
        out = [f"SIP/2.0 {code} {reason}"]
        for name, value in request.headers:
            if name == "to" and code > 100 and ";tag=" not in value:
                value += f";tag={self.tag}"
            if name in ("via", "from", "to", "call-id", "cseq", "record-route"):
                out.append(f"{name}: {value}")
        out += [f"Contact: <sip:{self.user}@{self.local}>", *lines, "Content-Length: 0", "", ""]
        self.send("\r\n".join(out).encode())


class RawDialog:
    """The caller's side of an answered call."""

    def __init__(self, phone: RawPhone, invite: Request, answer: Message) -> None:
        self._phone, self._invite, self._answer = phone, invite, answer
        self._cseq = invite.cseq

    def send(self, method: str, lines: Lines = ()) -> None:
        """A request of the dialog; an ACK is that of the INVITE."""
        if method != "ACK":
            self._cseq += 1
        contact = self._answer.one("contact").strip("<>")
        cseq = self._invite.cseq if method == "ACK" else self._cseq
        out = [
            f"{method} {contact} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._phone.local};rport;branch=z9hG4bK{secrets.token_hex(8)}",
            "Max-Forwards: 70",
            *(f"Route: {value}" for value in reversed(self._routes())),
            f"From: <{self._invite.from_uri}>;tag={self._invite.from_tag}",
            f"To: {self._answer.one('to')}",
            f"Call-ID: {self._invite.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:{self._phone.user}@{self._phone.local}>",
            *lines,
            "Content-Length: 0",
            "",
            "",
        ]
        self._phone.send("\r\n".join(out).encode())

    def _routes(self) -> list[str]:
        return [
            value.strip()
            for values in self._answer.all("record-route")
            for value in values.split(",")
        ]


def answered(caller: RawPhone, callee: RawPhone, invite: Request) -> tuple[Message, RawDialog]:
    """Sends an INVITE with credentials and answers it; what the callee got, and the dialog."""
    caller.send(invite.text())
    received = callee.receive("INVITE")
    callee.answer(received, 200)
    return received, RawDialog(caller, invite, caller.receive(200))
