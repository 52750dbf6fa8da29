"""Who tries to bend the life of a call: it ends once, when it is over, and what was talked is charged."""

from __future__ import annotations

import time

import pytest
from deadline import until
from phones.handset import Dialog, Handset, talk
from site_under_test import HQ


@pytest.fixture
def pair(site):
    """Two registered handsets at the first proxy."""
    proxy = site.proxies[0]
    with (
        Handset(site, 141, "1001", HQ, proxy) as caller,
        Handset(site, 142, "1002", HQ, proxy) as callee,
    ):
        callee.register()
        yield caller, callee
    site.forget_bindings()


def active(site, call_id: str) -> list[dict]:
    calls = site.pbxctl("call", "list") or []
    return [call for call in calls if call["sip_call_id"] == call_id]


def hang_up(dialog: Dialog, by: Handset, other: Handset, to: str = "callee") -> None:
    by.send(dialog.request("BYE", to=to, local=by.local))
    bye = other.expect("BYE", dialog.call_id)
    other.answer(bye, 200)
    by.expect(200, dialog.call_id)


def is_charged(site, since: float) -> None:
    """What was talked, from the answer to the hang-up that counted."""
    cdr = site.cdr(f"1001@{HQ}", since)
    assert (cdr.outcome, cdr.duration_ms >= 1200) == ("answered", True)


def with_tag(address: str, tag: str) -> str:
    return f"{address.partition(';tag=')[0]};tag={tag}"


def ringing(caller: Handset, callee: Handset):
    """An INVITE that rings: the request, what the callee has, and what the caller heard."""
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    callee.answer(received, 180)
    return invite, received, caller.expect(180, invite.call_id)


def test_a_bye_with_an_invented_tag_while_it_rings(site, pair):
    caller, callee = pair
    since = time.time()
    invite, received, heard = ringing(caller, callee)
    early = Dialog(invite, heard, received)
    caller.send(
        early.request(
            "BYE",
            to="callee",
            local=caller.local,
            recipient=with_tag(heard.one("to"), "invented"),
        )
    )
    caller.expect(481, invite.call_id)
    assert callee.hears_nothing("BYE")
    callee.answer(received, 200)
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    assert active(site, invite.call_id)
    time.sleep(1.2)
    hang_up(dialog, caller, callee)
    is_charged(site, since)


def test_a_callee_that_hangs_up_before_it_answers(site, pair):
    caller, callee = pair
    since = time.time()
    invite, received, heard = ringing(caller, callee)
    early = Dialog(invite, heard, received)
    callee.send(early.request("BYE", to="caller", local=callee.local, routes=heard.all("record-route")))
    callee.expect(481, invite.call_id)
    assert caller.hears_nothing("BYE")
    callee.answer(received, 200)
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    time.sleep(1.2)
    hang_up(dialog, caller, callee)
    is_charged(site, since)


@pytest.mark.parametrize("code", [500, 403, 401])
def test_a_bye_that_the_phone_refuses_does_not_end_the_call(site, pair, code):
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    caller.send(dialog.request("BYE", to="callee", local=caller.local, cseq=0))
    callee.answer(callee.expect("BYE", dialog.call_id), code)
    caller.expect(code, dialog.call_id)
    assert active(site, dialog.call_id), "the call goes on"
    time.sleep(1.2)
    hang_up(dialog, caller, callee)
    is_charged(site, since)


def test_nothing_but_a_bye_passes_within_a_call_that_is_over(site, pair):
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    hang_up(dialog, caller, callee)
    for method in ("MESSAGE", "INFO", "REFER", "INVITE"):
        caller.send(dialog.request(method, to="callee", local=caller.local, cseq=60))
        caller.expect(481, dialog.call_id)
        assert callee.hears_nothing(method, 0.3, dialog.call_id)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


def test_a_phone_that_answers_a_call_which_is_over_is_hung_up(site, pair):
    caller, callee = pair
    since = time.time()
    invite, received, _ = ringing(caller, callee)
    call = until(lambda: active(site, invite.call_id), "the call is listed")[0]
    site.pbxctl("call", "hangup", call["call_id"])
    caller.expect(480, invite.call_id)
    callee.expect("CANCEL", invite.call_id)  # which it does not obey
    callee.answer(received, 200)
    bye = callee.expect("BYE", invite.call_id)
    callee.answer(bye, 200)
    cdr = site.cdr(f"1001@{HQ}", since)
    assert cdr.outcome != "answered" and cdr.duration_ms == 0


def test_two_phones_that_answer_at_once_are_one_call_until_the_last(site, pair):
    caller, first = pair
    since = time.time()
    with Handset(site, 143, "1002", HQ, site.proxies[0]) as second:
        second.register()
        invite = caller.invite("1002")
        at_first, at_second = first.expect("INVITE"), second.expect("INVITE")
        first.answer(at_first, 200)
        second.answer(at_second, 200)
        answers = [caller.expect(200, invite.call_id)]
        late = (second, at_second) if first.tag in answers[0].one("to") else (first, at_first)
        late[0].answer(late[1], 200)  # again, as phones do until they have an ACK
        answers.append(caller.expect(200, invite.call_id))
        by_tag = {answer.one("to").partition("tag=")[2]: answer for answer in answers}
        assert len(by_tag) == 2
        one = Dialog(invite, by_tag[first.tag], at_first)
        other = Dialog(invite, by_tag[second.tag], at_second)
        for dialog in (one, other):
            caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
        hang_up(one, caller, first)
        assert active(site, invite.call_id), "the other phone talks on"
        time.sleep(1.2)
        hang_up(other, caller, second)
    is_charged(site, since)


def test_a_suspended_user_can_hang_up_and_nothing_else(site, pair):
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    site.pbxctl("user", "set", f"1001@{HQ}", "--suspend")
    try:
        def refused() -> bool:
            caller.send(dialog.request("INFO", to="callee", local=caller.local, cseq=70))
            try:
                caller.expect(403, dialog.call_id, timeout=0.5)
            except AssertionError:
                return False
            return True

        until(refused, "the suspension counts within the call")
        hang_up(dialog, caller, callee)
    finally:
        site.pbxctl("user", "set", f"1001@{HQ}", "--resume")
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"
