"""Idle means idle: whatever came back for packets to phones that are gone costs nothing afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from phones.raw import RawUdp
from phones.sip import Request, options
from site_under_test import HQ
from test_refusals import register

BURSTS = 4
SECONDS = 1.5  # after each burst
SHARE = 0.05  # of one core
PHONES = 64  # enough for the sockets of all workers


def cpu(pid: int) -> float:
    """Seconds of processor time, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def call(client: RawUdp, caller: str, callee: str, proxy: str, password: str) -> None:
    """An INVITE with credentials; nobody waits for what becomes of it."""
    request = Request(
        "INVITE",
        f"sip:{callee}@{HQ}",
        f"sip:{caller}@{HQ}",
        f"sip:{callee}@{HQ}",
        client.local,
        client.transport,
    )
    challenge = client.ask(request, proxy)
    assert challenge.code == 407
    request.answer_challenge(challenge, caller, password)
    client.send(request.text(), proxy)
    assert client.receive().code == 100


def shares(site, busy: Callable[[], None], seconds: float) -> dict[str, float]:
    """What part of a core each proxy takes once `busy` is over."""
    pids = {
        process.node: pid for process, pid in site.cluster.processes() if process.service == "proxy"
    }
    busy()
    time.sleep(0.3)  # what was under way is done
    before = {node: cpu(pid) for node, pid in pids.items()}
    time.sleep(seconds)
    return {node: (cpu(pid) - before[node]) / seconds for node, pid in pids.items()}


def told(site) -> float:
    return sum(
        site.metrics(node).total("pbx_net_udp_unreachable_total") for node in ("proxy-1", "proxy-2")
    )


def test_answers_to_phones_that_are_gone(site):
    """Every second one closes its socket as soon as it has asked: one batch goes to both kinds."""

    def burst() -> None:
        with ExitStack() as stack:
            for proxy in site.proxies:
                clients = [stack.enter_context(RawUdp(site.address(191))) for _ in range(PHONES)]
                texts = [options(client, proxy).text() for client in clients]
                for number, (client, text) in enumerate(zip(clients, texts)):
                    client.send(text, proxy)
                    if number % 2 == 0:
                        client.__exit__()
            time.sleep(0.1)  # all answers have met an open or a closed socket

    before = told(site)
    found = [shares(site, burst, SECONDS) for _ in range(BURSTS)]
    assert told(site) > before, "no ICMP error: nothing was tested"
    assert all(max(each.values()) < SHARE for each in found), f"shares of a core: {found}"


def test_calls_to_phones_that_are_gone(site):
    callees = ("1007", "1008")

    def calls() -> None:
        with RawUdp(site.address(192)) as caller:
            for proxy in site.proxies:
                for user in callees:
                    with RawUdp(site.address(191)) as phone:
                        answer = register(phone, proxy, user, HQ, site.password(user))[1]
                        assert answer.code == 200
                for user in callees:
                    call(caller, "1006", user, proxy, site.password("1006"))

    before = told(site)
    found = shares(site, calls, 4.0)
    assert told(site) > before, "no ICMP error: nothing was tested"
    assert max(found.values()) < SHARE, f"shares of a core: {found}"
    site.forget_bindings()
