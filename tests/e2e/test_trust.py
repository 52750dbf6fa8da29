"""Strangers, phones and users send what they should not: nobody but its addressee is reached."""

from __future__ import annotations

import secrets
import socket
import time

import pytest
from phones.handset import Handset, new_branch, response, talk
from phones.raw import RawUdp
from phones.sip import Request, parse
from site_under_test import HQ, LAB

SILENCE = 0.7  # far longer than a proxy takes


@pytest.fixture
def caller(site):
    with Handset(site, 161, "1001", HQ, site.proxies[0]) as phone:
        phone.register()
        yield phone
    site.forget_bindings()


@pytest.fixture
def callee(site, caller):
    with Handset(site, 162, "1002", HQ, site.proxies[0]) as phone:
        phone.register()
        yield phone


@pytest.fixture
def stranger(site):
    with RawUdp(site.address(163), 5060) as client:
        yield client


@pytest.fixture
def dialog(site, caller, callee):
    since = time.time()
    dialog = talk(caller, callee)
    yield dialog
    caller.send(dialog.request("BYE", to="callee", local=caller.local, cseq=90))
    callee.answer(callee.expect("BYE"), 200)
    caller.expect(200, dialog.call_id)
    site.cdr(f"1001@{HQ}", since)


def forged(proxy: str, branch: str, victim: str, transport: str, method: str) -> bytes:
    """A response that claims to answer what `victim` sent through the proxy."""
    return "\r\n".join(
        [
            "SIP/2.0 200 OK",
            f"Via: SIP/2.0/UDP {proxy}:5060;branch={branch}",
            f"Via: SIP/2.0/{transport} {victim};branch={new_branch()}",
            f"From: <sip:a@{HQ}>;tag=1",
            f"To: <sip:b@{HQ}>;tag=2",
            f"Call-ID: {secrets.token_hex(8)}",
            f"CSeq: 1 {method}",
            "Content-Length: 0",
            "",
            "",
        ]
    ).encode()


# Worker, random and loop hash; and with key, listener and MAC behind.
@pytest.mark.parametrize("digits", [36, 58])
@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_a_forged_response_goes_nowhere(site, stranger, digits, method):
    proxy = site.proxies[0]
    with RawUdp(site.address(164), 5060) as victim:
        for worker in ("0000", "0001"):
            branch = "z9hG4bK" + worker + "0" * (digits - 4)
            stranger.send(forged(proxy, branch, victim.local, "UDP", method), proxy)
        assert victim.receive(SILENCE) is None


@pytest.mark.parametrize("digits", [36, 58])
def test_a_forged_response_opens_no_connection(site, stranger, digits):
    proxy = site.proxies[0]
    with socket.socket() as listener:
        listener.bind((site.address(164), 6379))
        listener.listen()
        listener.settimeout(SILENCE)
        branch = "z9hG4bK" + "0" * digits
        stranger.send(forged(proxy, branch, f"{site.address(164)}:6379", "TCP", "MESSAGE"), proxy)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_phones_answer_goes_to_its_caller_alone(site, caller, callee):
    """The one who is called knows a good branch, and puts another Via below it."""
    since = time.time()
    invite = caller.invite("1002")
    received = callee.expect("INVITE")
    callee.answer(received, 486)
    caller.expect(486, invite.call_id)
    caller.send(invite.ack(parse(response(received, 486, tag=callee.tag))))
    site.cdr(f"1001@{HQ}", since)
    # The same branch for another method, which no transaction knows.
    own, _ = received.all("via")
    with RawUdp(site.address(164), 5060) as victim:
        text = response(received, 200, tag="x").decode()
        text = text.replace(received.all("via")[1], f"SIP/2.0/UDP {victim.local};branch=z9hG4bKx")
        text = text.replace("INVITE\r\n", "CANCEL\r\n")
        assert own in text
        callee.send(text.encode())
        assert victim.receive(SILENCE) is None


def test_the_route_of_a_call_is_good_for_that_call_alone(site, caller, callee, dialog, stranger):
    proxy = site.proxies[0]
    to_callee = {"to": "callee", "local": stranger.local}
    other_call = {"call_id": "another-" + secrets.token_hex(4)}
    other_sender = {"sender": f"<sip:ceo@{LAB}>;tag=other", "call_id": dialog.call_id + "-x"}
    for method, spoilt in (
        ("MESSAGE", other_call),
        ("INVITE", other_call),
        ("MESSAGE", other_sender),
        ("MESSAGE", {"recipient": f"<sip:1002@{HQ}>"}),
        ("INVITE", {"recipient": f"<sip:1002@{HQ}>"} | other_call),
        ("MESSAGE", {"sender": f"<sip:x@{HQ}>;tag=other"}),
    ):
        stranger.send(dialog.request(method, **to_callee, **spoilt), proxy)
        answer = stranger.receive()
        assert answer is not None and answer.code in (403, 481), (method, spoilt, answer)
    assert callee.hears_nothing("MESSAGE") and callee.hears_nothing("INVITE")


def test_a_call_leads_to_no_third_host(site, caller, callee, dialog):
    with RawUdp(site.address(164), 5060) as third:
        routes = [*dialog.routes["callee"], f"<sip:{third.local};lr>"]
        data = dialog.request("INFO", to="callee", local=caller.local, routes=routes)
        caller.send(data)
        callee.answer(callee.expect("INFO"), 200)
        data = dialog.request(
            "INFO", to="callee", local=caller.local, uri=f"sip:x@{third.local}", cseq=51
        )
        caller.send(data)
        callee.answer(callee.expect("INFO"), 200)
        assert third.receive(SILENCE) is None


def test_who_knows_a_path_does_not_reach_its_phone(site, callee, stranger):
    path = site.bindings(f"1002@{HQ}")[0]["path"][0]
    uri = f"sip:1002@{HQ}"
    for method in ("MESSAGE", "INVITE"):
        request = Request(
            method, uri, f"sip:ceo@{LAB}", uri, stranger.local, headers={"Route": f"<{path}>"}
        )
        assert stranger.ask(request, site.proxies[0]).code == 403
    assert callee.hears_nothing("MESSAGE") and callee.hears_nothing("INVITE")


@pytest.mark.parametrize("method", ["REFER", "NOTIFY", "BYE", "INFO", "UPDATE", "FOO"])
def test_out_of_a_call_no_phone_is_told_what_to_do(site, caller, callee, method):
    uri = f"sip:1002@{HQ}"
    request = Request(method, uri, caller.aor, uri, caller.local)
    answer = caller.ask(request)
    assert answer.code == (501 if method == "FOO" else 405)
    assert "INVITE" in answer.one("allow")
    assert callee.hears_nothing(method)


def test_a_phone_that_rings_does_not_cancel_the_call(site, caller, callee):
    since = time.time()
    invite = caller.invite("1002")
    received = callee.expect("INVITE")
    callee.answer(received, 180)
    caller.expect(180, invite.call_id)
    before = site.metrics("proxy-1").total("pbx_proxy_refused_total", reason="foreign_cancel")
    callee.cancel(invite)
    callee.expect(481)
    after = site.metrics("proxy-1").total("pbx_proxy_refused_total", reason="foreign_cancel")
    assert after == before + 1
    assert callee.hears_nothing("CANCEL")
    # The caller's own counts.
    caller.cancel(invite)
    callee.answer(callee.expect("CANCEL"), 200)
    callee.answer(received, 487)
    caller.send(invite.ack(caller.expect(487, invite.call_id)))
    assert site.cdr(f"1001@{HQ}", since).outcome == "cancelled"


def test_options_do_not_tell_which_domains_there_are(site, stranger):
    def ask(host: str) -> tuple[int, list]:
        uri = f"sip:{host}"
        request = Request("OPTIONS", uri, "sip:a@b.example", uri, stranger.local)
        answer = stranger.ask(request, site.proxies[0])
        echoed = ("via", "from", "to", "call-id", "cseq")
        return answer.code, [field for field in answer.headers if field[0] not in echoed]

    known = ask(HQ)
    assert known[0] == 200
    assert ask("nobodys.example.org") == known
    assert ask(site.proxies[0]) == known


def test_nor_does_anything_else_without_a_user(site, stranger):
    answers = set()
    for host in (HQ, "nobodys.example.org"):
        uri = f"sip:{host}"
        request = Request("MESSAGE", uri, "sip:a@b.example", uri, stranger.local)
        answers.add(stranger.ask(request, site.proxies[0]).code)
    assert answers == {405}
