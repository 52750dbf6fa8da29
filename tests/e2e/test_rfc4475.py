"""RFC 4475's torture messages, and relatives, sent to the running proxy: each gets the answer that the RFC asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from phones.raw import SIP_PORT, RawTcp, RawUdp
from phones.sip import options

CORPUS = Path(__file__).resolve().parents[1] / "fuzz" / "corpus" / "sip_message"
SILENCE = None

# What cannot be obeyed, by its name in the RFC: the answer.
WRONG = {
    # 3.1.2 invalid messages
    "badinv01": 400,  # its Via is beyond reading: the answer goes back to where it came from
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "scalarlg": SILENCE,  # a response
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "trws": 400,
    "escruri": 400,
    "regbadct": 400,
    "badaspec": 400,
    "baddn": 400,
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 501,
    "bigcode": SILENCE,  # a response
    # 3.2 transaction layer, 3.3 application layer
    "badbranch": 400,
    "insuf": 400,
    "unkscm": 416,
    "novelsc": 416,
    "bext01": 420,
    "regaut01": 401,
    "multi01": 400,
    "mcl01": 400,
    "bcast": SILENCE,  # a response for the broadcast address
}
# The messages carry no rport, so answers go to the port that their Via names or means.
PORTS = {"quotbal": 5050, "bext01": 5061}
# A stream has no end of a datagram to compare with: what was announced is waited for.
WAITS_ON_A_STREAM = {"clerr"}


def message(name: str) -> bytes:
    return (CORPUS / f"rfc4475_{name}.sip").read_bytes()


def answer_to(client, data: bytes, proxy: str) -> int | None:
    """The code of the answer; None when nothing is heard before the answer to what was sent later."""
    later = options(client, proxy)
    client.send(data, proxy)
    client.send(later.text(), proxy)
    codes = []
    while (answer := client.receive()) and answer.all("call-id") != [later.call_id]:
        codes.append(answer.code)
    # A stream that cannot be read on is answered and closed.
    closed = codes and client.transport == "TCP"
    assert answer or closed, "not even the OPTIONS was answered"
    assert len(codes) <= 1, f"answered more than once: {codes}"
    return codes[0] if codes else SILENCE


@pytest.mark.parametrize("name", WRONG)
def test_over_udp(site, name):
    with RawUdp(site.address(190), PORTS.get(name, SIP_PORT)) as client:
        assert answer_to(client, message(name), site.proxies[0]) == WRONG[name]


@pytest.mark.parametrize("name", [name for name in WRONG if name not in WAITS_ON_A_STREAM])
def test_over_tcp(site, name):
    with RawTcp(site.address(190), site.proxies[1]) as client:
        assert answer_to(client, message(name), site.proxies[1]) == WRONG[name]


@pytest.mark.parametrize("header", ["Require", "Proxy-Require"])
@pytest.mark.parametrize("value", [b"a\xffb", b"path, gr uu", b'"path"'])
@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER"])
def test_what_must_be_understood_and_is_no_token_is_refused(site, header, value, method):
    proxy = site.proxies[0]
    with RawUdp(site.address(190)) as client:
        request = options(client, proxy)
        request.method = method
        request.headers[header] = "HERE"
        assert answer_to(client, request.text().replace(b"HERE", value), proxy) == 400


def test_the_bytes_of_a_call_id_mean_the_same_on_every_machine(site):
    proxy = site.proxies[0]
    with RawUdp(site.address(190)) as client:
        request = options(client, proxy)
        text = request.text().replace(request.call_id.encode(), b"caf\xe9")
        assert answer_to(client, text, proxy) == 400
