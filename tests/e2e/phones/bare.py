"""A phone of bare sockets that registers any Contact and says what it is rung with."""

from __future__ import annotations

import secrets

from phones.raw import PATIENCE, RawUdp
from phones.sip import Message, Request

QUIET = 0.7  # seconds without a message: nothing was sent here


class BarePhone:
    """Sends from one port and, if `listen` says so, hears calls at another; a context manager."""

    def __init__(
        self, proxy: str, user: str, domain: str, address: str, *, port: int = 0, listen: int = 0
    ) -> None:
        self._user, self._domain = user, domain
        self._proxy = proxy
        self.sends = RawUdp(address, port)
        self.hears = RawUdp(address, listen) if listen else self.sends
        self._cseq = 0
        self._call_id = secrets.token_hex(12)

    def __enter__(self) -> "BarePhone":
        return self

    def __exit__(self, *_: object) -> None:
        for client in {self.sends, self.hears}:
            client.__exit__()

    def register(
        self, contact: str, password: str, *, expires: int = 120, headers: dict[str, str] | None = None
    ) -> Message:
        """The final answer; `contact` as it stands in the header field."""
        aor = f"sip:{self._user}@{self._domain}"
        request = Request(
            "REGISTER",
            f"sip:{self._domain}",
            aor,
            aor,
            self.hears.local,
            headers={"Expires": str(expires)} | (headers or {}),
            call_id=self._call_id,
            cseq=self._cseq + 1,
            contact=contact,
        )
        challenge = self.sends.ask(request, self._proxy)
        request.answer_challenge(challenge, self._user, password)
        self._cseq = request.cseq
        return self.sends.ask(request, self._proxy)

    def rung(self, at: RawUdp | None = None) -> Message | None:
        """The INVITE that comes where it listens, or `at`, which is refused as busy; None: none comes."""
        client = at or self.hears
        message = client.receive(PATIENCE)
        while message is not None and not message.start.startswith("INVITE "):
            message = client.receive(PATIENCE)
        if message is not None:
            client.send(response(message, 486, "Busy Here"), self._proxy)
        return message

    def is_silent(self) -> bool:
        return all(client.receive(QUIET) is None for client in {self.sends, self.hears})


def response(request: Message, code: int, phrase: str) -> bytes:
    lines = [f"SIP/2.0 {code} {phrase}"]
    for name, value in request.headers:
        if name in ("via", "from", "call-id", "cseq", "record-route"):
            lines.append(f"{name}: {value}")
        if name == "to":
            lines.append(f"to: {value};tag={secrets.token_hex(5)}")
    return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()


class Caller:
    """A user who calls, and hears how it ended; a context manager."""

    def __init__(self, site, user: str, domain: str, address: str, *, proxy: int = 0) -> None:
        self._site, self._user, self._domain = site, user, domain
        self._proxy = site.proxies[proxy]
        self._client = RawUdp(address)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.__exit__()

    def dial(self, number: str) -> Request:
        """The INVITE with credentials is on its way."""
        target = f"sip:{number}@{self._domain}"
        invite = Request(
            "INVITE", target, f"sip:{self._user}@{self._domain}", target, self._client.local
        )
        challenge = self._client.ask(invite, self._proxy)
        assert challenge.code == 407
        invite.answer_challenge(
            challenge, self._user, self._site.password(self._user, self._domain)
        )
        self._client.send(invite.text(), self._proxy)
        return invite

    def outcome(self, invite: Request) -> int:
        """The code of the refusal that ends it."""
        while (answer := self._client.receive()) is not None:
            if answer.code >= 300 and answer.one("call-id") == invite.call_id:
                self._client.send(invite.ack(answer), self._proxy)
                return answer.code
        raise AssertionError(f"no final answer to the call to {invite.uri}")
