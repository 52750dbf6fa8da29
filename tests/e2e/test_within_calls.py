"""What honest phones do within a call, ringing or answered, through one node or two."""

from __future__ import annotations

import time

import pytest
from phones.handset import Dialog, Handset, new_branch, talk
from site_under_test import HQ
from test_call_life import hang_up, is_charged


@pytest.fixture(params=["one node", "two nodes", "two nodes, TCP"])
def pair(site, request):
    """A caller at the first proxy, and a callee at the same or at the second."""
    at, transport = {
        "one node": (0, "udp"),
        "two nodes": (1, "udp"),
        "two nodes, TCP": (1, "tcp"),
    }[request.param]
    with (
        Handset(site, 161, "1001", HQ, site.proxies[0]) as caller,
        Handset(site, 162, "1002", HQ, site.proxies[at], transport=transport) as callee,
    ):
        callee.register()
        yield caller, callee
    site.forget_bindings()


def says(dialog: Dialog, by: Handset, other: Handset, method: str, cseq: int, **more) -> None:
    """A request within the dialog that the other side answers with 200."""
    to = "callee" if other.user == "1002" else "caller"
    by.send(
        dialog.request(
            method, to=to, local=by.local, cseq=cseq, transport=by.socket.transport, **more
        )
    )
    heard = other.expect(method, dialog.call_id)
    assert heard.one("cseq") == f"{cseq} {method}"
    other.answer(heard, 200)
    assert by.expect(200, dialog.call_id).one("cseq") == f"{cseq} {method}"


def test_a_ringing_call_takes_prack_and_update_in_both_directions(site, pair):
    caller, callee = pair
    since = time.time()
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    callee.answer(received, 183)
    early = Dialog(invite, caller.expect(183, invite.call_id), received)
    says(early, caller, callee, "PRACK", 60)
    says(early, caller, callee, "UPDATE", 61)
    says(early, callee, caller, "UPDATE", 10)
    callee.answer(received, 200)
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    callee.expect("ACK", invite.call_id)
    time.sleep(1.2)
    hang_up(dialog, caller, callee)
    is_charged(site, since)


def test_each_side_renews_the_session_and_says_what_it_likes(site, pair):
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    for number, (by, other) in enumerate([(caller, callee), (callee, caller)]):
        to = "callee" if other is callee else "caller"
        cseq = 60 + 10 * number
        says(dialog, by, other, "INVITE", cseq)
        ack = dialog.request(
            "ACK", to=to, local=by.local, cseq=cseq, transport=by.socket.transport
        )
        by.send(ack)
        assert other.expect("ACK", dialog.call_id).one("cseq") == f"{cseq} ACK"
        for step, method in enumerate(("INFO", "MESSAGE", "REFER", "NOTIFY", "UPDATE"), start=1):
            says(dialog, by, other, method, cseq + step)
    time.sleep(1.2)
    callee.send(
        dialog.request(
            "BYE", to="caller", local=callee.local, cseq=90, transport=callee.socket.transport
        )
    )
    caller.answer(caller.expect("BYE", dialog.call_id), 200)
    callee.expect(200, dialog.call_id)
    is_charged(site, since)


def test_a_session_that_is_being_renewed_can_be_left_as_it_was(site, pair):
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    for number, (by, other) in enumerate([(caller, callee), (callee, caller)]):
        to, branch = "callee" if other is callee else "caller", new_branch()
        again = {
            "to": to,
            "local": by.local,
            "cseq": 60 + number,
            "transport": by.socket.transport,
            "branch": branch,
        }
        by.send(dialog.request("INVITE", **again))
        received = other.expect("INVITE", dialog.call_id)
        other.answer(received, 180)
        by.expect(180, dialog.call_id)
        by.send(dialog.request("CANCEL", **again))
        other.answer(other.expect("CANCEL", dialog.call_id), 200)
        other.answer(received, 487)
        by.expect(487, dialog.call_id)
        by.send(dialog.request("ACK", **again))
    time.sleep(1.2)
    hang_up(dialog, caller, callee)
    is_charged(site, since)
