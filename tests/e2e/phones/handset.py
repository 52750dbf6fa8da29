"""A phone by hand on a bare socket: registers, calls, rings, answers, and does what no phone would."""

from __future__ import annotations

import secrets
import time

from phones.raw import PATIENCE, SIP_PORT, RawTcp, RawUdp
from phones.sip import Message, Request, credentials

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"


def new_branch() -> str:
    return "z9hG4bK" + secrets.token_hex(8)


def response(request: Message, code: int, *, tag: str = "", contact: str = "") -> bytes:
    """What a phone answers: Via, Record-Route, From, To, Call-ID and CSeq of the request."""
    lines = [f"SIP/2.0 {code} Whatever"]
    for name, value in request.headers:
        if name == "to" and tag and "tag=" not in value:
            value += f";tag={tag}"
        if name in ("via", "record-route", "from", "to", "call-id", "cseq"):
            lines.append(f"{name}: {value}")
    if contact:
        lines.append(f"Contact: <sip:phone@{contact}>")
    return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()


class Handset:
    """One user at one proxy; a context manager."""

    def __init__(
        self,
        site,
        last: int,
        user: str,
        domain: str,
        proxy: str,
        login: tuple[str, str] | None = None,
        transport: str = "udp",
    ) -> None:
        """`login`: user name and password of a device; the user's own by default."""
        address = site.address(last)
        udp = transport == "udp"
        self.socket = RawUdp(address, SIP_PORT) if udp else RawTcp(address, proxy)
        self.contact = "" if udp else f"<sip:{user}@{address}:{SIP_PORT};transport=tcp>"
        self.user, self.domain, self.proxy = user, domain, proxy
        self.aor = f"sip:{user}@{domain}"
        self.tag = secrets.token_hex(5)
        own = site.password(user, domain)
        self._login, self._password = login or (user, own)
        self._kept: list[Message] = []

    def __enter__(self) -> "Handset":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.__exit__()

    @property
    def local(self) -> str:
        return self.socket.local

    def register(self) -> None:
        assert self.registers()

    def registers(self) -> bool:
        request = Request(
            "REGISTER",
            f"sip:{self.domain}",
            self.aor,
            self.aor,
            self.local,
            self.socket.transport,
            headers={"Expires": "300"},
            contact=self.contact,
        )
        challenge = self.socket.ask(request, self.proxy)
        request.answer_challenge(challenge, self._login, self._password)
        return self.socket.ask(request, self.proxy).code == 200

    def send(self, data: bytes, to: str = "") -> None:
        self.socket.send(data, to or self.proxy)

    def expect(self, what: str | int, call_id: str = "", timeout: float = PATIENCE) -> Message:
        """The next request of a method, or response with a code (2: any 2xx), repetitions and others
        skipped; the skipped ones of other calls stay for later."""

        def fits(message: Message) -> bool:
            if call_id and message.one("call-id") != call_id:
                return False
            if isinstance(what, str):
                return not message.code and message.method == what
            return message.code == what

        for message in self._kept:
            if fits(message):
                self._kept.remove(message)
                return message
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.socket.receive(left)
            if message is None:
                break
            if fits(message):
                return message
            self._kept.append(message)
        seen = [message.start for message in self._kept]
        raise AssertionError(f"{self.user} waited for {what}, and got {seen}")

    def hears_nothing(self, what: str, seconds: float = 0.7, call_id: str = "") -> bool:
        """No request of that method comes, for that call or for any."""
        try:
            self.expect(what, call_id, seconds)
        except AssertionError:
            return True
        return False

    def ask(self, request: Request) -> Message:
        """Sends a request of its own and answers the challenge; its first answer above 100."""
        answer = self.socket.ask(request, self.proxy)
        if answer.code == 407:
            request.answer_challenge(answer, self._login, self._password)
            answer = self.socket.ask(request, self.proxy)
        return answer

    def all(self, what: str, quiet: float = 1.5) -> list[Message]:
        """Every request of a method, repetitions too, until none came for so long."""
        found = []
        while True:
            try:
                found.append(self.expect(what, timeout=quiet))
            except AssertionError:
                return found

    def invite(self, callee: str) -> Request:
        """Calls; what comes after the challenge is for expect()."""
        request = self.prepared_invite(callee)
        self.send(request.text())
        return request

    def prepared_invite(self, callee: str) -> Request:
        """An INVITE with credentials, not sent yet."""
        uri = f"sip:{callee}@{self.domain}"
        request = Request("INVITE", uri, self.aor, uri, self.local, self.socket.transport)
        challenge = self.socket.ask(request, self.proxy)
        assert challenge.code == 407
        request.headers["Proxy-Authorization"] = credentials(
            challenge.all("proxy-authenticate")[0], "INVITE", uri, self._login, self._password
        )
        request.cseq += 1
        request.branch = new_branch()
        return request

    def answer(self, request: Message, code: int, to: str = "") -> None:
        self.send(response(request, code, tag=self.tag, contact=self.local), to)

    def cancel(self, invite: Request, to: str = "") -> None:
        cancel = invite.text().decode().replace("INVITE ", "CANCEL ", 1)
        cancel = cancel.replace(f"CSeq: {invite.cseq} INVITE", f"CSeq: {invite.cseq} CANCEL")
        self.send(cancel.encode(), to)


class Dialog:
    """An answered call of two handsets; its requests can be spoiled and sent from anywhere."""

    def __init__(self, invite: Request, answer: Message, received: Message) -> None:
        self.call_id = invite.call_id
        self.routes = {"callee": answer.all("record-route")[::-1], "caller": answer.all("record-route")}
        self.uris = {"callee": _uri(answer.one("contact")), "caller": _uri(received.one("contact"))}
        self.parties = {"caller": answer.one("from"), "callee": answer.one("to")}

    def request(self, method: str, *, to: str, local: str, cseq: int = 50, **spoilt) -> bytes:
        """`spoilt`: call_id, sender, recipient (header values), uri, routes, transport."""
        here = "caller" if to == "callee" else "callee"
        routes = spoilt.get("routes", self.routes[to])
        lines = [
            f"{method} {spoilt.get('uri', self.uris[to])} SIP/2.0",
            f"Via: SIP/2.0/{spoilt.get('transport', 'UDP')} {local};rport;"
            f"branch={spoilt.get('branch') or new_branch()}",
            "Max-Forwards: 70",
            *(f"Route: {route}" for route in routes),
            f"From: {spoilt.get('sender', self.parties[here])}",
            f"To: {spoilt.get('recipient', self.parties[to])}",
            f"Call-ID: {spoilt.get('call_id', self.call_id)}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:tester@{local}>",
            "Content-Length: 0",
        ]
        return "\r\n".join([*lines, "", ""]).encode()


def _uri(address: str) -> str:
    return address.partition("<")[2].partition(">")[0]


def talk(caller: Handset, callee: Handset) -> Dialog:
    """A call that is answered and acknowledged."""
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    callee.answer(received, 200)
    answer = caller.expect(200, invite.call_id)
    dialog = Dialog(invite, answer, received)
    ack = dialog.request(
        "ACK", to="callee", local=caller.local, cseq=invite.cseq, transport=caller.socket.transport
    )
    caller.send(ack)
    callee.expect("ACK", invite.call_id)
    return dialog
