"""Just enough SIP to write requests by hand, spoil them and read what comes back."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass
class Message:
    """A request or response as received: header names are lower case, values in order."""

    start: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    @property
    def code(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self.all("cseq")[0].split()[1]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str:
        values = self.all(name)
        assert len(values) == 1, f"{name} occurs {len(values)} times in {self.start}"
        return values[0]

    @property
    def shape(self) -> tuple[str, list[str]]:
        """What an observer can tell answers apart by, apart from random values."""
        return self.start, [name for name, _ in self.headers]


def parse(data: bytes) -> Message:
    head, _, body = data.partition(b"\r\n\r\n")
    start, *lines = head.decode(errors="replace").split("\r\n")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        headers.append((name.strip().lower(), value.strip()))
    return Message(start, headers, body)


@dataclass
class Request:
    """A request in the making; `text()` writes it. `headers` go after the usual ones."""

    method: str
    uri: str
    from_uri: str
    to_uri: str
    local: str  # address:port for Via and Contact
    transport: str = "UDP"
    cseq: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    contact: str | None = ""  # value of the header field; empty: the usual one; None: none
    call_id: str = field(default_factory=lambda: secrets.token_hex(12))
    from_tag: str = field(default_factory=lambda: secrets.token_hex(5))
    branch: str = field(default_factory=lambda: "z9hG4bK" + secrets.token_hex(8))

    def text(self) -> bytes:
        lines = [
            f"{self.method} {self.uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport} {self.local};rport;branch={self.branch}",
            "Max-Forwards: 70",
            f"From: <{self.from_uri}>;tag={self.from_tag}",
            f"To: <{self.to_uri}>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {self.method}",
            *(() if self.contact is None else [f"Contact: {self.contact or self._usual_contact()}"]),
            *(f"{name}: {value}" for name, value in self.headers.items()),
            f"Content-Length: {len(self.body.encode())}",
        ]
        return "\r\n".join([*lines, "", self.body]).encode()

    def _usual_contact(self) -> str:
        return f"<sip:tester@{self.local};transport={self.transport.lower()}>"

    def ack(self, response: Message) -> bytes:
        """The ACK of a final refusal: same transaction (RFC 3261 section 17.1.1.3)."""
        return "\r\n".join(
            [
                f"ACK {self.uri} SIP/2.0",
                f"Via: SIP/2.0/{self.transport} {self.local};rport;branch={self.branch}",
                "Max-Forwards: 70",
                f"From: <{self.from_uri}>;tag={self.from_tag}",
                f"To: {response.one('to')}",
                f"Call-ID: {self.call_id}",
                f"CSeq: {self.cseq} ACK",
                "Content-Length: 0",
                "",
                "",
            ]
        ).encode()

    def answer_challenge(self, response: Message, user: str, password: str) -> None:
        """Adds credentials for the response's first challenge; the next CSeq and branch."""
        name = "proxy-authenticate" if response.code == 407 else "www-authenticate"
        header = "Proxy-Authorization" if response.code == 407 else "Authorization"
        self.headers[header] = credentials(
            response.all(name)[0], self.method, self.uri, user, password
        )
        self.cseq += 1
        self.branch = "z9hG4bK" + secrets.token_hex(8)


def parameters(challenge: str) -> dict[str, str]:
    """`Digest realm="a", nonce=b` as a dictionary."""
    return {
        name.lower(): quoted or bare
        for name, quoted, bare in re.findall(
            r'(\w[\w-]*)\s*=\s*(?:"([^"]*)"|([^\s,"]+))', challenge
        )
    }


def credentials(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The Authorization value that answers a digest challenge (RFC 8760, qop=auth)."""
    given = parameters(challenge)
    algorithm = given.get("algorithm", "MD5")

    def digest(text: str) -> str:
        return HASHES[algorithm](text.encode()).hexdigest()

    cnonce, count = secrets.token_hex(8), "00000001"
    secret = digest(f"{user}:{given['realm']}:{password}")
    proof = digest(f"{secret}:{given['nonce']}:{count}:{cnonce}:auth:{digest(f'{method}:{uri}')}")
    parts = [
        f'username="{user}"',
        f'realm="{given["realm"]}"',
        f'nonce="{given["nonce"]}"',
        f'uri="{uri}"',
        f'response="{proof}"',
        f"algorithm={algorithm}",
        f'cnonce="{cnonce}"',
        f"nc={count}",
        "qop=auth",
    ]
    if "opaque" in given:
        parts.append(f'opaque="{given["opaque"]}"')
    return "Digest " + ", ".join(parts)


def options(client, proxy: str) -> Request:
    """The proxy is asked itself, by a RawUdp or RawTcp."""
    return Request(
        "OPTIONS",
        f"sip:{proxy}",
        f"sip:tester@{proxy}",
        f"sip:{proxy}",
        client.local,
        client.transport,
    )
