"""What strangers may cost: connections, descriptors, memory and trips to the registrar are bounded before they are known."""

from __future__ import annotations

import json
import os
import select
import socket
import time
from contextlib import ExitStack, suppress

import pytest
from deadline import until
from devlib.net import http_get
from devlib.pbxctl import Pbxctl
from phones.raw import SIP_PORT, RawTcp, RawUdp
from phones.sip import Request, options
from site_under_test import HQ
from test_refusals import register

DESCRIPTORS = 512
FIRST_REQUEST = 6
NODE = "proxy-2"
# Of 512 descriptors 252 are kept for two workers and their two listeners, the rest is for phones.
A_WORKER = 130
A_SOURCE = 65


@pytest.fixture(scope="module")
def tight(site):
    """The second proxy, started again with few descriptors and little patience."""
    process = next(p for p in site.workspace.processes if p.node == NODE)
    services = site.cluster.services
    daemon, config = services.daemon(process), services.config_file(process)
    text, argv = config.read_text(), list(daemon.argv)

    def restart(settings: str, command: list[str]) -> None:
        services.stop(process)
        config.write_text(settings)
        daemon.argv[:] = command
        services.start(process)
        services.wait_ready(process)

    patience = {"tcp_first_request": f"{FIRST_REQUEST}s"}
    limit = ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]
    restart(json.dumps(json.loads(text) | patience), limit + argv)
    yield process
    restart(text, argv)


class Silent:
    """Connections that say nothing."""

    def __init__(self, to: str, port: int = SIP_PORT) -> None:
        self._to = (to, port)
        self.sockets: list[socket.socket] = []

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.sockets:
            one.close()

    def open(self, source: str, count: int) -> None:
        for _ in range(count):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.bind((source, 0))
            one.settimeout(5)
            self.sockets.append(one)
            try:
                one.connect(self._to)
            except OSError:
                pass  # refused: what was to be shown

    def alive(self) -> int:
        """How many the other side has not closed."""
        poll = select.poll()
        for one in self.sockets:
            poll.register(one, select.POLLIN | select.POLLRDHUP)
        return len(self.sockets) - len(poll.poll(0))


def closed(site, reason: str) -> float:
    return site.metrics(NODE).total("pbx_net_tcp_closed_total", reason=reason)


def works(site, process, phones: list) -> None:
    """Health, the operators' API, phones that are there and phones that come."""
    assert http_get(process.admin, "/readyz")[0] == 200
    one = json.loads((site.workspace.state / "pbxctl.json").read_text())
    path = site.workspace.state / "pbxctl-one.json"
    path.write_text(json.dumps(one | {"proxy": [process.grpc]}))
    ctl = Pbxctl(site.workspace)
    ctl._environment["PBXCTL_CONFIG"] = str(path)
    ctl("call", "list")
    for phone in phones:
        assert phone.ask(options(phone, process.address), process.address).code == 200
    for kind in (RawUdp, RawTcp):
        new = (
            kind(site.address(195))
            if kind is RawUdp
            else kind(site.address(195), process.address)
        )
        with new:
            assert register(new, process.address, "1002", HQ, site.password("1002"))[1].code == 200


def test_one_source_has_its_share_of_connections(site, tight):
    before = closed(site, "source_limit")
    with Silent(tight.address) as silent:
        silent.open(site.address(196), 4 * A_SOURCE)
        until(lambda: silent.alive() == A_SOURCE, "one source cut to its share", instead=silent.alive)
        assert closed(site, "source_limit") == before + 3 * A_SOURCE
        works(site, tight, [])
    site.forget_bindings()


def test_silent_connections_take_neither_health_nor_the_api_nor_honest_phones(site, tight):
    before = closed(site, "evicted")
    with ExitStack() as stack:
        phones = [
            stack.enter_context(RawTcp(site.address(194), tight.address)),
            stack.enter_context(RawUdp(site.address(194))),
        ]
        for phone in phones:
            password = site.password("1001")
            assert register(phone, tight.address, "1001", HQ, password)[1].code == 200
        silent = stack.enter_context(Silent(tight.address))
        for last in range(200, 230):
            silent.open(site.address(last), A_SOURCE)
        until(lambda: closed(site, "evicted") > before, "old silent ones gone for new ones")
        until(lambda: silent.alive() <= 2 * A_WORKER, "no more than the budget", instead=silent.alive)
        assert silent.alive() > A_WORKER, "the rest of the budget is used"
        pid = site.cluster.services.pid(tight)
        assert len(os.listdir(f"/proc/{pid}/fd")) < DESCRIPTORS - 100
        works(site, tight, phones)
        until(lambda: silent.alive() == 0, "all silent ones closed", timeout=FIRST_REQUEST + 10)
        assert closed(site, "silent") > 0
        works(site, tight, phones)
    site.forget_bindings()


def test_keep_alives_alone_keep_nothing_alive_and_one_request_does(site, tight):
    with RawTcp(site.address(197), tight.address) as pings, RawTcp(
        site.address(197), tight.address
    ) as asks:
        assert asks.ask(options(asks, tight.address)).code == 200
        started = time.monotonic()
        while not pings.closed_by_peer(timeout=1):
            assert time.monotonic() - started < FIRST_REQUEST + 10
            try:
                pings.send(b"\r\n\r\n")
            except (BrokenPipeError, ConnectionResetError):
                break
        assert time.monotonic() - started > FIRST_REQUEST - 2
        assert not asks.closed_by_peer(timeout=1)


def host_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def test_half_sent_messages_are_bounded_in_sum_and_cost_strangers_first(site):
    """42 MB of messages that never end; a phone that takes its time over one is not among those that pay."""
    proxy = site.proxies[0]
    half = b"MESSAGE sip:a SIP/2.0\r\nContent-Length: 64000\r\n\r\n" + b"x" * 60_000
    with ExitStack() as stack:
        phone = stack.enter_context(RawTcp(site.address(170), proxy))
        assert phone.ask(options(phone, proxy)).code == 200
        slow = options(phone, proxy).text()
        phone.send(slow[:60])
        strangers = []
        for number in range(700):
            one = stack.enter_context(socket.socket())
            one.bind((site.address(171 + number % 7), 0))
            one.connect((proxy, SIP_PORT))
            with suppress(OSError):
                one.sendall(half)
            strangers.append(one)
        most = 2 * 16 * 1024 * 1024
        until(lambda: refused_for(site, "stream_budget") > 0, "some had to go")
        held = until(lambda: site.metrics("proxy-1").total("pbx_proxy_stream_bytes"), "the sum is told")
        assert held <= most
        phone.send(slow[60:])
        answer = phone.receive()
        assert answer and answer.code == 200
    until(lambda: site.metrics("proxy-1").total("pbx_proxy_stream_bytes") == 0, "all is given back")


def refused_for(site, reason: str) -> float:
    return site.metrics("proxy-1").total("pbx_proxy_refused_total", reason=reason)


def test_silent_connections_to_the_api_take_no_descriptor_that_others_need(site, tight):
    """More than the process may have open; then they are gone, and all is as before."""
    pid = site.cluster.services.pid(tight)
    with Silent(*host_port(tight.grpc)) as silent:
        for last in range(200, 206):
            silent.open(site.address(last), 100)
        until(lambda: silent.alive() <= 32, "all but the bound closed", instead=silent.alive)
        assert len(os.listdir(f"/proc/{pid}/fd")) < DESCRIPTORS - 100
        works(site, tight, [])
    works(site, tight, [])
    assert site.metrics(NODE).total("pbx_rpc_connections_refused_total") >= 560
    site.forget_bindings()


def test_one_address_does_not_take_the_probes(site, tight):
    host, port = host_port(tight.admin)
    with ExitStack() as stack:
        for _ in range(100):
            one = stack.enter_context(socket.create_connection((host, port), timeout=5))
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")  # and stays
        for _ in range(5):
            assert http_get(tight.admin, "/readyz")[0] == 200
            time.sleep(0.2)


def query_over(site, phone: RawTcp, proxy: str) -> None:
    """A REGISTER that asks which bindings there are."""
    aor = f"sip:1001@{HQ}"
    request = Request(
        "REGISTER", f"sip:{HQ}", aor, aor, phone.local, phone.transport, contact=None
    )
    challenge = phone.ask(request, proxy)
    request.answer_challenge(challenge, "1001", site.password("1001"))
    assert phone.ask(request, proxy).code == 200


def test_one_login_does_not_take_all_places(site, tight):
    """As many connections as there are places, each over a REGISTER that was accepted."""
    with ExitStack() as stack:
        for last in range(200, 205):
            for _ in range(52):
                phone = stack.enter_context(RawTcp(site.address(last), tight.address))
                query_over(site, phone, tight.address)
        for _ in range(3):
            works(site, tight, [])
            site.forget_bindings()


def sent_to_registrars(site) -> float:
    return sum(
        site.metrics(node).total("pbx_rpc_batch_server_items_total")
        for node in ("registrar-1", "registrar-2")
    )


@pytest.mark.parametrize(
    "padding, code, at_once",
    [("Via", 513, 2), ("Subject", 401, 20)],  # an answer has all of the Vias
    ids=["45-KB-of-Via", "45-KB-of-Subject"],
)
def test_invented_credentials_leave_nothing_behind(site, padding, code, at_once):
    """2,000 REGISTERs that no nonce of ours is in."""
    proxy, node = site.proxies[0], "proxy-1"
    kept = ("pbx_proxy_transactions", "pbx_proxy_transactions_lingering")
    until(
        lambda: sum(site.metrics(node).total(name) for name in kept) == 0,
        "the transactions of earlier tests over",
        timeout=40,
    )
    asked = sent_to_registrars(site)
    piece = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK" + "x" * 900
    with RawUdp(site.address(198)) as client:
        for _ in range(2_000 // at_once):
            calls = set()
            for _ in range(at_once):
                request = Request(
                    "REGISTER", f"sip:{HQ}", f"sip:1001@{HQ}", f"sip:1001@{HQ}", client.local
                )
                request.headers["Authorization"] = (
                    f'Digest username="1001", realm="{HQ}", nonce="invented", uri="sip:{HQ}", '
                    f'response="{"0" * 32}", cnonce="c", nc=00000001, qop=auth'
                )
                request.headers |= {f"{padding}{' ' * i}": ", ".join([piece] * 12) for i in range(4)}
                client.send(request.text(), proxy)
                calls.add(request.call_id)
            while calls:
                answer = client.receive()
                assert answer is not None and answer.code == code
                calls.discard(answer.one("call-id"))
    time.sleep(1.5)  # gauges follow once a second
    metrics = site.metrics(node)
    assert [metrics.total(name) for name in kept] == [0, 0]
    assert metrics.total("pbx_proxy_transaction_bytes") == 0
    assert sent_to_registrars(site) == asked
