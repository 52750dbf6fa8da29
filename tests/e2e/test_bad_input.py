"""Input that no phone should send: refused or dropped, counted, and the proxy goes on serving."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack

import pytest
from deadline import until
from phones import sipsak
from phones.raw import RawTcp, RawUdp
from phones.sip import Request, options
from site_under_test import HQ

SEED = 5060


def serves(client, proxy: str) -> bool:
    return client.ask(options(client, proxy), proxy).code == 200


@pytest.fixture(params=[0, 1], ids=["proxy-1", "proxy-2"])
def proxy(request, site):
    return site.proxies[request.param], f"proxy-{request.param + 1}"


def refused(site, node: str) -> float:
    return site.metrics(node).total("pbx_proxy_refused_total")


def valid(client, address: str) -> bytes:
    return Request(
        "INVITE",
        f"sip:1002@{HQ}",
        f"sip:1001@{HQ}",
        f"sip:1002@{HQ}",
        client.local,
        client.transport,
        headers={"Subject": "x" * 200},
        body="v=0\r\n",
    ).text()


def test_truncated_datagrams(site, proxy):
    """Cut within the header: no empty line ends it, so it is no message."""
    address, node = proxy
    with RawUdp(site.address(180)) as client:
        before = refused(site, node)
        whole = valid(client, address)
        end = whole.index(b"\r\n\r\n")
        cuts = [1, 7, 20, end // 3, end // 2, end - 5]
        for cut in cuts:
            client.send(whole[:cut], address)
        assert serves(client, address)
        until(
            lambda: refused(site, node) >= before + len(cuts) - 2,
            "all cut messages but the shortest counted",
        )


def test_a_body_shorter_than_its_content_length(site, proxy):
    address, node = proxy
    with RawUdp(site.address(180)) as client:
        before = refused(site, node)
        client.send(
            valid(client, address).replace(b"Content-Length: 5", b"Content-Length: 500"), address
        )
        assert client.receive().code == 400
        until(lambda: refused(site, node) > before, "the refusal counted")
        assert serves(client, address)


def test_binary_datagrams(site, proxy):
    address, node = proxy
    noise = random.Random(SEED)
    with RawUdp(site.address(181)) as client:
        before = refused(site, node)
        for size in (3, 64, 500, 1400, 8000):
            client.send(noise.randbytes(size), address)
        client.send(b"\x00" * 1000, address)
        client.send(b"INVITE sip:\x00\xff SIP/2.0\r\n\r\n", address)
        assert serves(client, address)
        until(lambda: refused(site, node) >= before + 5, "the noise counted")


def test_an_oversized_datagram(site, proxy):
    address, node = proxy
    with RawUdp(site.address(182)) as client:
        before = refused(site, node)
        request = options(client, address)
        request.headers["Subject"] = "x" * 62_000
        client.send(request.text(), address)
        until(lambda: refused(site, node) > before, "the oversized datagram counted")
        assert serves(client, address)


def test_a_header_that_never_ends_over_tcp_is_cut_off(site, proxy):
    address, node = proxy
    before = refused(site, node)
    with RawTcp(site.address(183), address) as client:
        head = options(client, address).text().partition(b"Content-Length")[0]
        try:
            client.send(head)
            for _ in range(200):
                client.send(b"Subject: " + b"x" * 4000 + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.closed_by_peer()
    until(lambda: refused(site, node) > before, "the endless header counted")
    assert sipsak.options(f"sip:{address}:5060").ok


def test_a_content_length_above_the_limit_over_tcp_is_cut_off(site, proxy):
    address, node = proxy
    before = refused(site, node)
    with RawTcp(site.address(183), address) as client:
        client.send(
            options(client, address)
            .text()
            .replace(b"Content-Length: 0", b"Content-Length: 999999999")
        )
        assert client.closed_by_peer()
    until(lambda: refused(site, node) > before, "the length counted")


def test_binary_over_tcp_is_cut_off(site, proxy):
    address, node = proxy
    before = refused(site, node)
    with RawTcp(site.address(184), address) as client:
        try:
            client.send(random.Random(SEED).randbytes(70_000) + b"\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.closed_by_peer()
    until(lambda: refused(site, node) > before, "the binary stream counted")
    with RawTcp(site.address(184), address) as client:
        assert serves(client, address)


def test_a_message_that_comes_slowly_over_tcp_is_served(site, proxy):
    address, _ = proxy
    with RawTcp(site.address(185), address) as client:
        request = options(client, address)
        for byte in request.text():
            client.send(bytes([byte]))
        answer = client.receive()
        assert answer and answer.code == 200 and answer.one("call-id") == request.call_id


def test_a_message_that_never_comes_whole_over_tcp_is_cut_off(site):
    def cut_off(node: str) -> float:
        return site.metrics(node).total("pbx_proxy_refused_total", reason="slow_stream")

    nodes = ("proxy-1", "proxy-2")
    before = [cut_off(node) for node in nodes]
    with ExitStack() as stack:
        clients = [stack.enter_context(RawTcp(site.address(185), to)) for to in site.proxies]
        for client, to in zip(clients, site.proxies):
            client.send(options(client, to).text()[:60])
        assert all(client.closed_by_peer(timeout=60) for client in clients)
    for node, count in zip(nodes, before):
        until(lambda: cut_off(node) > count, f"the slow stream counted by {node}")


def test_many_messages_in_one_segment_are_each_answered(site, proxy):
    address, _ = proxy
    with RawTcp(site.address(186), address) as client:
        requests = [options(client, address) for _ in range(20)]
        client.send(b"\r\n\r\n".join(request.text() for request in requests))
        answers = [client.receive() for _ in requests]
        assert {answer.one("call-id") for answer in answers} == {
            request.call_id for request in requests
        }


@pytest.mark.parametrize(
    "spoil, code",
    [
        ((b"SIP/2.0\r\n", b"SIP/7.0\r\n"), 505),
        ((b"INVITE sip:1002@hq.north.pbx.test", b"INVITE nobody-knows:this"), 416),
        ((b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS"), 400),
        ((b"CSeq: 1 INVITE", b"CSeq: 4294967296 INVITE"), 400),
        ((b"Max-Forwards: 70", b"Max-Forwards: 0"), 483),
        ((b"Max-Forwards: 70", b"Max-Forwards: 70\r\nProxy-Require: warp-drive"), 420),
    ],
)
def test_well_framed_but_wrong(site, proxy, spoil, code):
    address, node = proxy
    with RawUdp(site.address(187)) as client:
        before = refused(site, node)
        message = valid(client, address)
        assert message.count(spoil[0]) >= 1
        client.send(message.replace(*spoil, 1), address)
        assert client.receive().code == code
        until(lambda: refused(site, node) > before, "the refusal counted")


def test_a_flood_of_nonsense_does_not_stop_a_registration(site, proxy):
    address, _ = proxy
    noise = random.Random(SEED)
    with RawUdp(site.address(188)) as flood:
        started = time.monotonic()
        for _ in range(2000):
            flood.send(noise.randbytes(200), address)
        aor = f"1010@{HQ}"
        contact = f"sip:1010@{site.address(189)}"
        answer = sipsak.register(aor, site.password("1010"), contact, proxy=address)
        assert answer.ok, answer.text
        assert time.monotonic() - started < 15
    site.forget_bindings()
