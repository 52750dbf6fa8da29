"""More of what test_claims.py is about: the same lies told another way."""

from __future__ import annotations

import time

import pytest
from deadline import until
from phones.handset import Dialog, Handset, response, talk
from phones.sip import Message, Request
from site_under_test import HQ, LAB
from test_call_life import active, hang_up, is_charged, pair, with_tag  # noqa: F401
from test_claims import across, named  # noqa: F401


def with_body(request: bytes, size: int) -> bytes:
    """The request with so long a body that it has `size` bytes, which are more than 10,000, in all."""
    body = b"x" * (size - len(request) - 4)  # the length has five digits
    return request.replace(b"Content-Length: 0", b"Content-Length: %d" % len(body)) + body


def acknowledge(caller: Handset, invite: Request, received: Message) -> Dialog:
    """The caller hears the 200 and says so."""
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    return dialog


def hears(phone: Handset, method: str, call_id: str, seconds: float = 0.7) -> Message | None:
    """Such a request of that call, if it comes in time; those of others do not count."""
    try:
        return phone.expect(method, call_id, seconds)
    except AssertionError:
        return None


# Tokens


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "ACK"])
def test_no_call_begins_by_the_route_of_a_subscription(site, pair, method):  # noqa: F811
    caller, callee = pair
    uri = f"sip:{callee.user}@{HQ}"
    subscribe = Request("SUBSCRIBE", uri, caller.aor, uri, caller.local, headers={"Event": "dialog"})
    subscribe.answer_challenge(
        caller.socket.ask(subscribe, caller.proxy), "1001", site.password("1001")
    )
    caller.send(subscribe.text())
    received = callee.expect("SUBSCRIBE")
    callee.answer(received, 200)
    dialog = Dialog(subscribe, caller.expect(200, subscribe.call_id), received)
    caller.send(dialog.request(method, to="callee", local=caller.local))
    assert not hears(callee, method, dialog.call_id)
    if method != "ACK":  # which nobody answers
        caller.expect(481, dialog.call_id)


def test_a_suspended_user_goes_round_no_node_that_would_judge(site, across):  # noqa: F811
    caller, callee = across
    since = time.time()
    dialog = talk(caller, callee)
    site.pbxctl("user", "set", f"1001@{HQ}", "--suspend")
    try:
        until(lambda: suspended(caller, dialog), "the suspension counts within the call")
        while hears(callee, "INFO", dialog.call_id, 0.3):
            pass  # what passed before it did
        only_second = dialog.routes["callee"][-1:]
        info = dialog.request("INFO", to="callee", local=caller.local, routes=only_second, cseq=61)
        caller.send(info, site.proxies[1])
        assert not hears(callee, "INFO", dialog.call_id)
        caller.expect(481, dialog.call_id)
        hang_up(dialog, caller, callee)
    finally:
        site.pbxctl("user", "set", f"1001@{HQ}", "--resume")
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


def suspended(caller: Handset, dialog: Dialog) -> bool:
    """So says the first node, which judges what goes by the call's own way."""
    caller.send(dialog.request("INFO", to="callee", local=caller.local, cseq=60))
    try:
        caller.expect(403, dialog.call_id, timeout=0.5)
    except AssertionError:
        return False
    return True


# Hang-ups


def number(request: Message) -> int:
    return int(request.one("cseq").split()[0])


def test_an_operators_bye_is_above_every_number_that_a_phone_has_heard(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    caller.send(dialog.request("INFO", to="callee", local=caller.local, cseq=2_147_483_000))
    heard = hears(callee, "INFO", dialog.call_id)  # or it was refused
    call = until(lambda: active(site, dialog.call_id), "the call is listed")[0]
    site.pbxctl("call", "hangup", call["call_id"])
    bye = callee.expect("BYE", dialog.call_id)
    assert (number(heard) if heard else 0) < number(bye) < 2**31
    callee.answer(bye, 200)
    caller.answer(caller.expect("BYE", dialog.call_id), 200)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


def test_a_bye_over_tcp_that_no_datagram_holds_ends_no_call_unheard(site, pair):  # noqa: F811
    _, callee = pair
    since = time.time()
    with Handset(site, 147, "1001", HQ, site.proxies[0], transport="tcp") as caller:
        dialog = talk(caller, callee)
        time.sleep(1.2)
        to_callee = {"to": "callee", "local": caller.local, "transport": "TCP"}
        # One Route for two and no Max-Forwards: it is longer when it goes on.
        bye = dialog.request("BYE", **to_callee, routes=dialog.routes["callee"][:1])
        caller.send(with_body(bye.replace(b"Max-Forwards: 70\r\n", b""), 65_535))
        heard = hears(callee, "BYE", dialog.call_id, 2)
        if heard is None:
            caller.expect(513, dialog.call_id, timeout=1)
            assert active(site, dialog.call_id)
            caller.send(dialog.request("BYE", **to_callee, cseq=51))
            heard = callee.expect("BYE", dialog.call_id)
        callee.answer(heard, 200)
        is_charged(site, since)


def test_an_ack_is_no_parcel(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    ack = dialog.request("ACK", to="callee", local=caller.local, cseq=2)
    caller.send(with_body(ack, 30_000))
    assert not hears(callee, "ACK", dialog.call_id)
    hang_up(dialog, caller, callee)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


# Tags and names


@pytest.mark.parametrize("tag", ['"a;b"', r"a\;b"])
def test_an_answer_under_a_tag_that_holds_a_semicolon_goes_nowhere(site, pair, tag):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE", invite.call_id)
    callee.send(response(received, 200, tag=tag, contact=callee.local))
    with pytest.raises(AssertionError):
        caller.expect(200, invite.call_id, timeout=0.7)
    callee.answer(received, 486)
    caller.expect(486, invite.call_id)
    assert site.cdr(f"1001@{HQ}", since).outcome == "busy"


@pytest.mark.parametrize("tag", ['"a;b"', r"a\;b"])
def test_a_call_under_a_tag_that_holds_a_semicolon_does_not_ring(site, pair, tag):  # noqa: F811
    caller, callee = pair
    invite = caller.prepared_invite(callee.user)
    invite.from_tag = tag
    caller.send(invite.text())
    assert not hears(callee, "INVITE", invite.call_id)
    caller.expect(400, invite.call_id)


@pytest.mark.parametrize("to", ["callee", "caller"])
def test_a_request_with_one_tag_in_both_places_is_refused(site, pair, to):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    by, own = (caller, dialog.parties["caller"]) if to == "callee" else (callee, dialog.parties["callee"])
    recipient = with_tag(dialog.parties[to], own.partition("tag=")[2])
    by.send(dialog.request("INFO", to=to, local=by.local, routes=dialog.routes[to], recipient=recipient))
    by.expect(400, dialog.call_id, timeout=2)
    hang_up(dialog, caller, callee)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


def test_a_hang_up_leaves_the_call_of_that_name_in_another_tenant(site, pair):  # noqa: F811
    """The same Call-ID and both tags; the one that was first is hung up first."""
    caller, callee = pair
    since = time.time()
    with (
        Handset(site, 145, "1001", LAB, site.proxies[0]) as neighbour,
        Handset(site, 146, "1002", LAB, site.proxies[0]) as friend,
    ):
        friend.register()
        friend.tag = callee.tag
        dialog = talk(caller, callee)
        invite = named(neighbour, "1002", dialog.call_id, dialog.parties["caller"].partition("tag=")[2])
        received = friend.expect("INVITE")
        friend.answer(received, 200)
        theirs = acknowledge(neighbour, invite, received)
        hang_up(dialog, caller, callee)
        assert [call["callee_aor"] for call in active(site, dialog.call_id)] == [f"1002@{LAB}"]
        assert not hears(friend, "BYE", dialog.call_id, 0.3)
        time.sleep(1.2)
        hang_up(theirs, neighbour, friend)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"
    assert site.cdr(f"1001@{LAB}", since).duration_ms >= 1200
