"""A proxy is gone for good and nobody has its address: what names it is answered by the other one."""

from __future__ import annotations

import os
import signal
import time

import pytest
from deadline import until
from devlib.process import end
from phones.handset import Dialog, Handset, response, talk
from site_under_test import HQ

TALKING = RINGING = int(os.environ.get("PBX_LOST_CALLS", "5"))  # 20 by hand
PATIENCE = 20  # the lease of a lost node runs out after five seconds


@pytest.fixture
def pair(site):
    """A caller and a callee, both registered at the first proxy."""
    with (
        Handset(site, 165, "1003", HQ, site.proxies[0]) as caller,
        Handset(site, 166, "1004", HQ, site.proxies[0]) as callee,
    ):
        caller.register()
        callee.register()
        yield caller, callee
    site.forget_bindings()


@pytest.fixture
def lose(site):
    """Kills the first proxy; it is back after the test."""
    name = "proxy-1"
    process = next(process for process in site.workspace.processes if process.node == name)

    def kill() -> None:
        end(dict(site.cluster.daemons())[name].pid(), signal.SIGKILL, 5)

    yield kill
    site.cluster.services.start(process)
    site.cluster.services.wait_ready(process, 60)


def ring(caller: Handset, callee: Handset):
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    callee.answer(received, 180)
    caller.expect(180, invite.call_id)
    return invite, received


def hang_up(call: Dialog, who: Handset, other: Handset, to: str, proxy: str) -> None:
    who.send(call.request("BYE", to=to, local=who.local, cseq=80), proxy)
    other.answer(other.expect("BYE", call.call_id), 200, proxy)
    who.expect(200, call.call_id)


def repeated(send, wait):
    """As a phone does on UDP, until there is an answer."""

    def once():
        send()
        try:
            return wait()
        except AssertionError:
            return None

    return until(once, "an answer of the survivor", PATIENCE)


def test_calls_of_a_lost_proxy_go_on_through_the_other(site, pair, lose):
    caller, callee = pair
    survivor = site.proxies[1]
    since = time.time()
    talking = [talk(caller, callee) for _ in range(TALKING)]
    ringing = [ring(caller, callee) for _ in range(RINGING)]
    lose()

    for number, call in enumerate(talking):
        if number % 2 == 0:  # a re-INVITE first
            again = call.request("INVITE", to="callee", local=caller.local, cseq=60)
            caller.send(again, survivor)
            callee.answer(callee.expect("INVITE", call.call_id), 200, survivor)
            caller.expect(200, call.call_id)
            ack = call.request("ACK", to="callee", local=caller.local, cseq=60)
            caller.send(ack, survivor)
            callee.expect("ACK", call.call_id)
        if number < 3:
            hang_up(call, caller, callee, "callee", survivor)
        else:
            hang_up(call, callee, caller, "caller", survivor)

    for invite, received in ringing[:3]:
        ok = response(received, 200, tag=callee.tag, contact=callee.local)
        answer = repeated(
            lambda ok=ok: callee.send(ok, survivor),
            lambda invite=invite: caller.expect(200, invite.call_id, timeout=1),
        )
        call = Dialog(invite, answer, received)
        ack = call.request("ACK", to="callee", local=caller.local, cseq=invite.cseq)
        caller.send(ack, survivor)
        callee.expect("ACK", call.call_id)
        hang_up(call, caller, callee, "callee", survivor)

    for invite, received in ringing[3:]:
        cancel = repeated(
            lambda invite=invite: caller.cancel(invite, survivor),
            lambda invite=invite: callee.expect("CANCEL", invite.call_id, timeout=1),
        )
        assert cancel.all("via") == received.all("via")[:1]  # of the INVITE that the phone knows
        callee.answer(cancel, 200, survivor)
        callee.answer(received, 487, survivor)
        refused = caller.expect(487, invite.call_id)
        caller.send(invite.ack(refused), survivor)

    cdrs = site.cdrs(f"1003@{HQ}", since, TALKING + RINGING)
    outcomes = sorted(cdr.outcome for cdr in cdrs)
    assert outcomes == ["answered"] * (TALKING + 3) + ["cancelled"] * (RINGING - 3)
    now_ms = time.time() * 1000
    for cdr in cdrs:
        assert since * 1000 <= cdr.started_at_ms <= cdr.ended_at_ms <= now_ms
        if cdr.answered_at_ms:
            assert cdr.duration_ms == cdr.ended_at_ms - cdr.answered_at_ms


@pytest.mark.parametrize("code", [200, 486])
def test_a_phone_behind_the_survivor_answers_a_call_of_the_lost_proxy(site, lose, code):
    survivor = site.proxies[1]
    since = time.time()
    with (
        Handset(site, 165, "1003", HQ, site.proxies[0]) as caller,
        Handset(site, 167, "1005", HQ, survivor) as callee,
    ):
        callee.register()
        invite, received = ring(caller, callee)
        lose()
        data = response(received, code, tag=callee.tag, contact=callee.local)
        answer = repeated(
            lambda: callee.send(data),
            lambda: caller.expect(code, invite.call_id, timeout=1),
        )
        if code == 200:
            call = Dialog(invite, answer, received)
            ack = call.request("ACK", to="callee", local=caller.local, cseq=invite.cseq)
            caller.send(ack, survivor)
            callee.expect("ACK", call.call_id)
            hang_up(call, callee, caller, "caller", survivor)
        else:
            caller.send(invite.ack(answer), survivor)
    assert site.cdr(f"1003@{HQ}", since).outcome == ("answered" if code == 200 else "busy")
    site.forget_bindings()
