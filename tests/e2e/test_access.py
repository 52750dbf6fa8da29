"""Credentials, challenges and assertions: what proves something here is of no use anywhere else."""

from __future__ import annotations

import dataclasses
import secrets
import time

import pytest
from deadline import until
from phones.raw import RawUdp
from phones.raw_phone import RawDialog, RawPhone, answered
from phones.sip import Message, Request, credentials, parameters
from site_under_test import HQ

SOCKETS = 6  # so many that each worker of a proxy gets some
ASSERTIONS = {
    "P-Asserted-Identity": f"<sip:1009@{HQ}>",
    "P-Preferred-Identity": f"<sip:1009@{HQ}>",
    "Remote-Party-ID": f"<sip:1009@{HQ}>;party=calling",
    "P-Charging-Vector": "icid-value=free",
    "P-Charging-Function-Addresses": "ccf=192.0.2.1",
    "P-Access-Network-Info": "IEEE-802.11",
    "P-Visited-Network-ID": "elsewhere",
    "P-Served-User": f"<sip:1009@{HQ}>",
}
AUTHORIZATION = {"authorization", "proxy-authorization"}
CHALLENGES = {"www-authenticate", "proxy-authenticate"}


def names(message: Message) -> set[str]:
    return {name for name, _ in message.headers}


def total(site, name: str, **labels: str) -> float:
    nodes = ("proxy-1", "proxy-2") if "proxy" in name else ("registrar-1", "registrar-2")
    return sum(site.metrics(node).total(name, **labels) for node in nodes)


@pytest.fixture
def make(site):
    made = []

    def phone(user: str, last: int, proxy: int) -> RawPhone:
        made.append(
            RawPhone(
                site.address(last),
                user=user,
                domain=HQ,
                password=site.password(user),
                proxy=site.proxies[proxy],
            )
        )
        return made[-1]

    yield phone
    for one in made:
        one.__exit__()
    site.forget_bindings()


@pytest.fixture
def caller(make) -> RawPhone:
    return make("1001", 160, 0)


@pytest.fixture
def callee(make) -> RawPhone:
    phone = make("1002", 161, 1)
    phone.register()
    return phone


def replays(site, captured: Request, **changed: str) -> list[Message]:
    """What both proxies say to `captured` from another address, by many ways."""
    answers = []
    for proxy in site.proxies * SOCKETS:
        with RawUdp(site.address(162)) as thief:
            branch = "z9hG4bK" + secrets.token_hex(8)
            again = dataclasses.replace(captured, local=thief.local, branch=branch, **changed)
            answers.append(thief.ask(again, proxy))
    return answers


def assert_stale(answer: Message, code: int) -> None:
    header = "www-authenticate" if code == 401 else "proxy-authenticate"
    assert answer.code == code, answer.start
    assert parameters(answer.all(header)[0]).get("stale") == "true"


def delivered_when_proved_anew(caller: RawPhone, callee: RawPhone, message: Request) -> None:
    """Its proof is stale; with another one it arrives."""
    asked = caller.ask(message)
    assert_stale(asked, 407)
    message.answer_challenge(asked, caller.user, caller.password)
    caller.send(message.text())
    callee.answer(callee.receive("MESSAGE"), 200)
    assert caller.receive(200)


def test_a_captured_register_is_taken_by_no_node(site, caller):
    """The Contact is the thief's; all else, its digest too, is the phone's."""
    captured = caller.register()
    before = total(site, "pbx_registrar_refused_total", reason="replayed_nonce")
    for answer in replays(site, captured):
        assert_stale(answer, 401)
    assert [binding["source"] for binding in site.bindings(f"1001@{HQ}")] == [f"{caller.local};udp"]
    assert total(site, "pbx_registrar_refused_total", reason="replayed_nonce") > before


def test_a_captured_query_registers_nobody(site, caller):
    """A REGISTER without Contact changes nothing, and yet its nonce is used up."""
    query = caller.request("REGISTER", "")
    query.contact = None
    caller.prove(query)
    assert caller.ask(query).code == 200
    query.contact = ""
    for answer in replays(site, query):
        assert_stale(answer, 401)
    assert site.bindings(f"1001@{HQ}") == []


def test_a_captured_message_is_sent_by_no_node(site, caller, callee):
    message = caller.request("MESSAGE", "1002")
    caller.prove(message)
    caller.send(message.text())
    callee.answer(callee.receive("MESSAGE"), 200)
    assert caller.receive(200).one("call-id") == message.call_id
    for answer in replays(site, message, call_id=secrets.token_hex(12)):
        assert_stale(answer, 407)
    assert callee.nothing_more()


def test_a_captured_call_is_made_by_no_node(site, caller, callee):
    since = time.time()
    invite = caller.request("INVITE", "1002")
    caller.prove(invite)
    _, dialog = answered(caller, callee, invite)
    dialog.send("ACK")
    callee.receive("ACK")
    for answer in replays(site, invite, call_id=secrets.token_hex(12)):
        assert_stale(answer, 407)
    assert callee.nothing_more()
    hang_up(caller, callee, dialog)
    site.cdrs(f"1001@{HQ}", since, 1 + attempts_that_were_begun(site, since))


def attempts_that_were_begun(site, since: float) -> int:
    """Replays are refused where it is known at once without a call, elsewhere as a call that failed."""
    made = [cdr for cdr in site.all_cdrs() if cdr.caller == f"1001@{HQ}"]
    return sum(cdr.started_at_ms >= int(since * 1000) and not cdr.answered_at_ms for cdr in made)


def hang_up(caller: RawPhone, callee: RawPhone, dialog: RawDialog) -> None:
    dialog.send("BYE")
    callee.answer(callee.receive("BYE"), 200)
    assert caller.receive(200).method == "BYE"


def test_the_same_request_may_be_sent_to_another_node(site, caller, callee):
    """A phone whose proxy is gone sends what it sent to the next one. What was done is not done
    again: a REGISTER is answered as before, a MESSAGE wants a fresh proof."""
    register = caller.register()
    register.branch = "z9hG4bK" + secrets.token_hex(8)
    caller.proxy = site.proxies[1]
    assert caller.ask(register).code == 200

    message = caller.request("MESSAGE", "1002")
    caller.prove(message)
    caller.send(message.text())
    callee.answer(callee.receive("MESSAGE"), 200)
    caller.receive(200)
    caller.proxy = site.proxies[0]
    message.branch = "z9hG4bK" + secrets.token_hex(8)
    delivered_when_proved_anew(caller, callee, message)


def from_the_same_address(site, caller, request) -> list[Message]:
    """What both nodes say to the very same request, from another port of the phone's own host."""
    answers = []
    for proxy in site.proxies:
        with RawUdp(caller.local.partition(":")[0], 5099) as thief:
            again = dataclasses.replace(request, branch="z9hG4bK" + secrets.token_hex(8))
            answers.append(thief.ask(again, proxy))
    return answers


def test_a_neighbour_behind_the_same_address_repeats_nothing(site, caller, callee):
    """All is the phone's, its Contact and Call-ID too: only the port is the thief's."""
    since = time.time()
    register = caller.register()
    for answer in from_the_same_address(site, caller, register):
        assert_stale(answer, 401)
    assert [binding["source"] for binding in site.bindings(f"1001@{HQ}")] == [f"{caller.local};udp"]

    message = caller.request("MESSAGE", "1002")
    caller.prove(message)
    caller.send(message.text())
    callee.answer(callee.receive("MESSAGE"), 200)
    caller.receive(200)
    for answer in from_the_same_address(site, caller, message):
        assert_stale(answer, 407)

    invite = caller.request("INVITE", "1002")
    caller.prove(invite)
    _, dialog = answered(caller, callee, invite)
    dialog.send("ACK")
    callee.receive("ACK")
    hang_up(caller, callee, dialog)
    site.replayed.add(invite.call_id)
    for answer in from_the_same_address(site, caller, invite):
        assert_stale(answer, 407)
    assert callee.nothing_more()
    site.cdrs(f"1001@{HQ}", since, 1 + attempts_that_were_begun(site, since))


def test_a_removed_binding_does_not_come_back(site, caller):
    """The REGISTER that made it, once more from the very same place."""
    register = caller.register()
    site.pbxctl("binding", "remove", f"1001@{HQ}", "--yes")
    for proxy in site.proxies:
        caller.proxy = proxy
        register.branch = "z9hG4bK" + secrets.token_hex(8)
        assert_stale(caller.ask(register), 401)
    assert site.bindings(f"1001@{HQ}") == []


def test_what_was_refused_is_good_for_nothing_later(site, caller, callee):
    """A message that was refused because its addressee was suspended, a REGISTER for an extension."""
    message = caller.request("MESSAGE", "1002")
    site.pbxctl("user", "set", f"1002@{HQ}", "--suspend")
    try:
        until(lambda: caller.ask(caller.proved("MESSAGE", "1002")).code == 480, "the suspension")
        caller.prove(message)
        assert caller.ask(message).code == 480
    finally:
        site.pbxctl("user", "set", f"1002@{HQ}", "--resume")
    callee.register()
    for answer in replays(site, message):
        assert_stale(answer, 407)
    assert callee.nothing_more()

    register = caller.request("REGISTER", "")
    register.headers["Require"] = "gruu"
    caller.prove(register)
    assert caller.ask(register).code == 420
    del register.headers["Require"]
    for answer in replays(site, register):
        assert_stale(answer, 401)
    assert site.bindings(f"1001@{HQ}") == []


def test_a_digest_is_good_for_its_request_uri_only(site, caller, callee):
    message = caller.request("MESSAGE", "1003")
    caller.prove(message)
    message.uri = message.to_uri = f"sip:1002@{HQ}"
    before = total(site, "pbx_proxy_refused_total", reason="uri_mismatch")
    assert caller.ask(message).code == 400
    assert callee.nothing_more()
    assert total(site, "pbx_proxy_refused_total", reason="uri_mismatch") == before + 1


def test_a_registers_nonce_is_good_for_no_other_method(site, caller, callee):
    register = caller.request("REGISTER", "")
    challenge = caller.ask(register).all("www-authenticate")[0]
    message = caller.request("MESSAGE", "1002")
    value = credentials(challenge, "MESSAGE", message.uri, caller.user, caller.password)
    message.headers["Proxy-Authorization"] = value
    delivered_when_proved_anew(caller, callee, message)


def test_the_callee_never_sees_the_callers_credentials(site, caller, callee):
    """Not in a single request of a call; phones send them with each."""
    since = time.time()
    invite = caller.request("INVITE", "1002")
    caller.prove(invite)
    received, dialog = answered(caller, callee, invite)
    assert not names(received) & AUTHORIZATION
    value = invite.headers["Proxy-Authorization"]
    lines = [f"Proxy-Authorization: {value}", f"Authorization: {value}"]
    for method in ("ACK", "INVITE", "ACK", "INFO", "PRACK", "MESSAGE", "UPDATE", "BYE"):
        dialog.send(method, lines)
        received = callee.receive(method)
        assert not names(received) & AUTHORIZATION, method
        if method != "ACK":
            callee.answer(received, 200)
            caller.receive(200)
    site.cdr(f"1001@{HQ}", since)


def test_credentials_for_others_reach_the_callee(site, caller, callee):
    other = 'Digest username="u", realm="pbx.of.the.callee", nonce="n", uri="sip:x", response="0"'
    message = caller.request("MESSAGE", "1002", Authorization=other)
    caller.prove(message)
    caller.send(message.text())
    received = callee.receive("MESSAGE")
    assert received.all("authorization") == [other]
    assert not received.all("proxy-authorization")
    callee.answer(received, 200)
    caller.receive(200)


@pytest.mark.parametrize("code", [401, 407])
def test_a_callees_challenge_for_our_realm_does_not_reach_the_caller(site, caller, callee, code):
    since = time.time()
    invite = caller.request("INVITE", "1002")
    caller.prove(invite)
    caller.send(invite.text())
    received = callee.receive("INVITE")
    header = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    before = total(site, "pbx_proxy_withheld_total", what="challenge")
    nonce = f'Digest realm="{HQ}", nonce="of-the-callee", qop="auth"'
    callee.answer(received, code, lines=[f"{header}: {nonce}"])
    refused = caller.receive(480)
    assert not names(refused) & CHALLENGES
    caller.send(invite.ack(refused))
    assert total(site, "pbx_proxy_withheld_total", what="challenge") > before
    assert site.cdr(f"1001@{HQ}", since).outcome == "unreachable"


def test_a_callees_own_challenge_reaches_the_caller(site, caller, callee):
    message = caller.request("MESSAGE", "1002")
    caller.prove(message)
    caller.send(message.text())
    own = 'Digest realm="pbx.of.the.callee", nonce="n", qop="auth"'
    ours = f'Digest realm="{HQ}", nonce="n", qop="auth"'
    callee.answer(
        callee.receive("MESSAGE"),
        401,
        lines=[f"WWW-Authenticate: {ours}", f"WWW-Authenticate: {own}"],
    )
    assert caller.receive(401).all("www-authenticate") == [own]


def test_phones_assert_nothing(site, caller, callee):
    """Neither in the caller's requests nor in the callee's answers; the platform says who calls."""
    since = time.time()
    forged = {name.lower() for name in ASSERTIONS}
    invite = caller.request("INVITE", "1002")
    invite.headers |= ASSERTIONS
    caller.prove(invite)
    caller.send(invite.text())
    received = callee.receive("INVITE")
    assert names(received) & forged == {"p-asserted-identity"}
    assert received.one("p-asserted-identity").endswith(f"<sip:1001@{HQ}>")

    lines = [f"{name}: {value}" for name, value in ASSERTIONS.items()]
    callee.answer(received, 180, lines=lines)
    assert not names(caller.receive(180)) & forged
    callee.answer(received, 200, lines=lines)
    answer = caller.receive(200)
    assert not names(answer) & forged

    dialog = RawDialog(caller, invite, answer)
    for method in ("ACK", "INFO", "BYE"):
        dialog.send(method, lines)
        received = callee.receive(method)
        assert not names(received) & forged, method
        if method != "ACK":
            callee.answer(received, 200, lines=lines)
            assert not names(caller.receive(200)) & forged
    site.cdr(f"1001@{HQ}", since)


def test_a_caller_that_wants_its_privacy_is_not_named(site, caller, callee):
    message = caller.request("MESSAGE", "1002", Privacy="id")
    caller.prove(message)
    caller.send(message.text())
    received = callee.receive("MESSAGE")
    assert "p-asserted-identity" not in names(received)
    callee.answer(received, 200)
    caller.receive(200)
