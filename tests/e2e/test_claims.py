"""What a phone claims of a call, and what becomes of it: only what is so ends a call, or opens one."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time

import pytest
from deadline import until
from phones.handset import Dialog, Handset, response, talk
from phones.sip import Request
from site_under_test import HQ, LAB
from test_call_life import active, hang_up, is_charged, pair, ringing  # noqa: F401


def named(caller: Handset, callee: str, call_id: str, tag: str) -> Request:
    """An INVITE that goes by this Call-ID and From tag, sent with its credentials."""
    request = caller.prepared_invite(callee)
    request.call_id, request.from_tag = call_id, tag
    caller.send(request.text())
    return request


def refused(
    by: Handset, dialog: Dialog, method: str, code: int, *, at: str = "", cseq: int = 50, **spoilt
) -> None:
    """The platform answers that request within the dialog by itself, with that code."""
    by.send(dialog.request(method, local=by.local, cseq=cseq, **spoilt), at)
    heard = by.expect(code, dialog.call_id)
    assert heard.one("cseq") == f"{cseq} {method}"


# Tokens


def test_the_route_of_a_subscription_is_good_for_that_alone(site, pair):  # noqa: F811
    caller, callee = pair
    uri = f"sip:{callee.user}@{callee.domain}"
    subscribe = Request("SUBSCRIBE", uri, caller.aor, uri, caller.local, headers={"Event": "dialog"})
    challenge = caller.socket.ask(subscribe, caller.proxy)
    subscribe.answer_challenge(challenge, "1001", site.password("1001"))
    caller.send(subscribe.text())
    received = callee.expect("SUBSCRIBE")
    callee.answer(received, 200)
    dialog = Dialog(subscribe, caller.expect(200, subscribe.call_id), received)

    for cseq, method in enumerate(("MESSAGE", "INFO", "BYE", "REFER", "NOTIFY"), start=50):
        refused(caller, dialog, method, 481, to="callee", cseq=cseq)
        assert callee.hears_nothing(method, 0.2, dialog.call_id)
    for method in ("SUBSCRIBE", "MESSAGE"):
        refused(callee, dialog, method, 481, to="caller")
        assert caller.hears_nothing(method, 0.2, dialog.call_id)

    with Handset(site, 150, "1003", HQ, site.proxies[0]) as third:
        refused(third, dialog, "SUBSCRIBE", 481, to="callee", cseq=70)
        refused(third, dialog, "NOTIFY", 481, to="caller", cseq=71)

    callee.send(dialog.request("NOTIFY", to="caller", local=callee.local))
    caller.answer(caller.expect("NOTIFY", dialog.call_id), 200)
    callee.expect(200, dialog.call_id)
    caller.send(dialog.request("SUBSCRIBE", to="callee", local=caller.local, cseq=80))
    callee.answer(callee.expect("SUBSCRIBE", dialog.call_id), 200)


@pytest.fixture
def across(site):
    """A caller at the first node, and a callee whose connection the second one has."""
    with (
        Handset(site, 151, "1001", HQ, site.proxies[0]) as caller,
        Handset(site, 152, "1002", HQ, site.proxies[1], transport="tcp") as callee,
    ):
        callee.register()
        yield caller, callee
    site.forget_bindings()


def test_a_second_node_passes_nothing_that_the_first_has_not_judged(site, across):
    caller, callee = across
    since = time.time()
    dialog = talk(caller, callee)
    assert len(dialog.routes["callee"]) >= 2
    only_second = {"routes": dialog.routes["callee"][-1:], "at": site.proxies[1], "to": "callee"}
    refused(caller, dialog, "INFO", 481, cseq=61, **only_second)
    assert callee.hears_nothing("INFO", 0.4, dialog.call_id)
    # The way through both is the call's.
    caller.send(dialog.request("INFO", to="callee", local=caller.local, cseq=62))
    callee.answer(callee.expect("INFO", dialog.call_id), 200)
    caller.expect(200, dialog.call_id)
    callee.send(
        dialog.request(
            "INFO", to="caller", local=callee.local, routes=dialog.routes["caller"], transport="TCP"
        )
    )
    caller.answer(caller.expect("INFO", dialog.call_id), 200)
    callee.expect(200, dialog.call_id)
    hang_up(dialog, caller, callee)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"
    for method, cseq in (("MESSAGE", 63), ("INFO", 64)):
        refused(caller, dialog, method, 481, cseq=cseq, **only_second)
    assert callee.hears_nothing("MESSAGE", 0.4, dialog.call_id)


# Hang-ups


def test_a_bye_by_the_route_of_another_branch_reaches_the_phone_that_talks(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    with Handset(site, 143, "1002", HQ, site.proxies[0]) as accomplice:
        accomplice.register()
        invite = caller.invite("1002")
        at_accomplice, received = accomplice.expect("INVITE"), callee.expect("INVITE")
        accomplice.answer(at_accomplice, 180)
        callee.answer(received, 200)
        dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
        caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
        accomplice.answer(accomplice.expect("CANCEL", invite.call_id), 200)
        accomplice.answer(at_accomplice, 487)
        time.sleep(1.2)
        caller.send(
            dialog.request(
                "BYE", to="callee", local=caller.local, routes=at_accomplice.all("record-route")[::-1]
            )
        )
        callee.answer(callee.expect("BYE", invite.call_id), 200)
        caller.expect(200, invite.call_id)
        assert accomplice.hears_nothing("BYE", 0.3)
    is_charged(site, since)


def test_a_bye_by_the_route_of_an_earlier_attempt_ends_no_other_call(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    call_id, tag = secrets.token_hex(8), secrets.token_hex(5)
    with Handset(site, 144, "1003", HQ, site.proxies[0]) as accomplice:
        accomplice.register()
        named(caller, "1003", call_id, tag)
        earlier = accomplice.expect("INVITE")
        accomplice.answer(earlier, 486)
        caller.expect(486, call_id)
        invite = named(caller, "1002", call_id, tag)
        received = callee.expect("INVITE")
        callee.answer(received, 200)
        dialog = Dialog(invite, caller.expect(200, call_id), received)
        caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
        time.sleep(1.2)
        caller.send(
            dialog.request(
                "BYE", to="callee", local=caller.local, routes=earlier.all("record-route")[::-1], cseq=40
            )
        )
        caller.expect(481, call_id)
        assert accomplice.hears_nothing("BYE", 0.3)
        assert active(site, call_id)
        hang_up(dialog, caller, callee)
    cdrs = site.cdrs(f"1001@{HQ}", since, 2)
    assert sorted(cdr.outcome for cdr in cdrs) == ["answered", "busy"]
    assert max(cdr.duration_ms for cdr in cdrs) >= 1200


def test_an_answer_to_a_bye_that_nobody_sent_ends_nothing(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    callee.answer(received, 200)
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    forged = response(received, 200, tag=callee.tag).decode()
    for cseq in (f"{invite.cseq} BYE", "50 BYE"):
        bye = forged.replace(f"cseq: {invite.cseq} INVITE", f"cseq: {cseq}")
        assert "BYE" in bye
        for proxy in site.proxies:
            callee.send(bye.encode(), proxy)
    time.sleep(1.2)
    assert active(site, invite.call_id)
    hang_up(dialog, caller, callee)
    is_charged(site, since)


def test_a_bye_of_the_platform_is_in_order_whatever_a_phone_did_to_the_numbers(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    highest = 2**31 - 4097
    caller.send(dialog.request("INFO", to="callee", local=caller.local, cseq=highest))
    callee.answer(callee.expect("INFO", dialog.call_id), 200)
    caller.expect(200, dialog.call_id)
    refused(caller, dialog, "INFO", 400, to="callee", cseq=highest + 1)
    call = until(lambda: active(site, dialog.call_id), "the call is listed")[0]
    site.pbxctl("call", "hangup", call["call_id"])
    bye = callee.expect("BYE", dialog.call_id)
    assert highest < int(bye.one("cseq").split()[0]) < 2**31
    callee.answer(bye, 200)
    caller.answer(caller.expect("BYE", dialog.call_id), 200)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


def test_a_bye_that_is_too_large_for_the_other_phone_is_said_in_few_words(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    time.sleep(1.2)
    bye = dialog.request("BYE", to="callee", local=caller.local).decode()
    bye = bye.replace("Max-Forwards: 70\r\n", "")  # it is added, and then no datagram holds it
    body = "x" * (65_507 - len(bye) - 4)
    caller.send((bye.replace("Content-Length: 0", f"Content-Length: {len(body)}") + body).encode())
    heard = callee.expect("BYE", dialog.call_id)
    assert int(heard.one("cseq").split()[0]) > 50
    callee.answer(heard, 200)
    is_charged(site, since)


def test_a_bye_that_a_phone_does_not_take_for_its_own_is_said_again_in_order(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    caller.send(dialog.request("BYE", to="callee", local=caller.local, uri="sip:nobody@192.0.2.1"))
    callee.answer(callee.expect("BYE", dialog.call_id), 481)
    time.sleep(1.2)
    assert active(site, dialog.call_id), "it talks on"
    own = callee.expect("BYE", dialog.call_id)
    assert "nobody" not in own.start
    callee.answer(own, 200)
    is_charged(site, since)


def test_a_phone_that_will_not_be_hung_up_gains_no_time(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    caller.send(dialog.request("BYE", to="callee", local=caller.local))
    callee.answer(callee.expect("BYE", dialog.call_id), 500)
    caller.expect(500, dialog.call_id)
    callee.answer(callee.expect("INFO", dialog.call_id), 200)
    caller.answer(caller.expect("INFO", dialog.call_id), 481)
    callee.answer(callee.expect("BYE", dialog.call_id), 500)
    cdr = site.cdr(f"1001@{HQ}", since)
    assert (cdr.outcome, cdr.duration_ms < 10_000) == ("answered", True)


def test_the_last_hang_up_of_a_leg_counts_in_whatever_order_they_are_confirmed(site, pair):  # noqa: F811
    caller, first = pair
    since = time.time()
    with Handset(site, 143, "1002", HQ, site.proxies[0]) as second:
        second.register()
        one, other = both_answer(caller, first, second)
        caller.send(other.request("BYE", to="callee", local=caller.local))
        claimed = second.expect("BYE", other.call_id)
        time.sleep(2)
        hang_up(one, caller, first)
        second.answer(claimed, 200)
        caller.expect(200, other.call_id)
    cdr = site.cdr(f"1001@{HQ}", since)
    assert (cdr.outcome, cdr.duration_ms >= 1900) == ("answered", True)


def both_answer(caller: Handset, first: Handset, second: Handset) -> tuple[Dialog, Dialog]:
    """Two phones of one number that answer at once, and talk."""
    invite = caller.invite("1002")
    at_first, at_second = first.expect("INVITE"), second.expect("INVITE")
    first.answer(at_first, 200)
    answers = [caller.expect(200, invite.call_id)]
    second.answer(at_second, 200)
    answers.append(caller.expect(200, invite.call_id))
    dialogs = Dialog(invite, answers[0], at_first), Dialog(invite, answers[1], at_second)
    for dialog in dialogs:
        caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    return dialogs


def test_each_answer_behind_one_binding_is_a_leg(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.invite("1002")
    received = callee.expect("INVITE")
    callee.answer(received, 200)
    one = Dialog(invite, caller.expect(200, invite.call_id), received)
    callee.tag = "another-phone"
    callee.answer(received, 200)
    other = Dialog(invite, caller.expect(200, invite.call_id), received)
    assert one.parties != other.parties
    for dialog in (one, other):
        caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    hang_up(one, caller, callee)
    assert active(site, invite.call_id), "the other one talks on"
    time.sleep(1.2)
    caller.send(other.request("BYE", to="callee", local=caller.local, cseq=51))
    callee.answer(callee.expect("BYE", invite.call_id), 200)
    caller.expect(200, invite.call_id)
    is_charged(site, since)


# Tags and names


def test_an_answer_under_the_callers_own_tag_is_none(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    own, callee.tag = callee.tag, received.one("from").partition("tag=")[2]
    callee.answer(received, 200)
    with pytest.raises(AssertionError):
        caller.expect(200, invite.call_id, timeout=1)
    callee.tag = own
    callee.answer(received, 200)
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    refused(
        caller, dialog, "INFO", 400, to="callee", recipient=f"<sip:1002@{HQ}>;tag={invite.from_tag}"
    )
    time.sleep(1.2)
    hang_up(dialog, caller, callee)
    is_charged(site, since)


@pytest.mark.parametrize("tag", ['"a b"', "a\xffb", "a<b", "x" * 300])
def test_a_tag_that_is_no_word_is_refused_and_answers_under_one_go_nowhere(site, pair, tag):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.prepared_invite(callee.user)
    caller.send(invite.text().replace(f"tag={invite.from_tag}".encode(), f"tag={tag}".encode("latin-1")))
    caller.expect(400, invite.call_id)
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE", invite.call_id)
    bad = response(received, 200, tag="REPLACED", contact=callee.local)
    callee.send(bad.replace(b"REPLACED", tag.encode("latin-1")))
    with pytest.raises(AssertionError):
        caller.expect(200, invite.call_id, timeout=0.7)
    callee.answer(received, 486)
    caller.expect(486, invite.call_id)
    assert site.cdr(f"1001@{HQ}", since).outcome == "busy"


def test_calls_of_two_tenants_under_one_name_do_not_meet(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    with (
        Handset(site, 145, "1001", LAB, site.proxies[0]) as neighbour,
        Handset(site, 146, "1002", LAB, site.proxies[0]) as friend,
    ):
        friend.register()
        dialog = talk(caller, callee)
        friend.tag = callee.tag
        tag = dialog.parties["caller"].partition("tag=")[2]
        invite = named(neighbour, "1002", dialog.call_id, tag)
        received = friend.expect("INVITE")
        friend.answer(received, 200)
        theirs = Dialog(invite, neighbour.expect(200, dialog.call_id), received)
        neighbour.send(theirs.request("ACK", to="callee", local=neighbour.local, cseq=invite.cseq))
        assert len(active(site, dialog.call_id)) == 2
        neighbour.send(theirs.request("BYE", to="callee", local=neighbour.local))
        friend.answer(friend.expect("BYE", dialog.call_id), 200)
        neighbour.expect(200, dialog.call_id)
        assert callee.hears_nothing("BYE", 0.3)
        left = active(site, dialog.call_id)
        assert [call["callee_aor"] for call in left] == [f"1002@{HQ}"]
        time.sleep(1.2)
        hang_up(dialog, caller, callee)
    is_charged(site, since)
    site.cdr(f"1001@{LAB}", since)


def test_the_platform_goes_to_no_address_that_an_answer_names(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    third = site.address(155)
    with contextlib.ExitStack() as stack:
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind((third, 5060))
        tcp = stack.enter_context(socket.socket())
        tcp.bind((third, 5060))
        tcp.listen()
        for transport in ("", ";transport=tcp"):
            invite = caller.invite(callee.user)
            received = callee.expect("INVITE", invite.call_id)
            answer = response(received, 200, tag=callee.tag).decode()
            lines = [line for line in answer.split("\r\n") if not line.startswith("record-route")]
            lines.insert(-2, f"Contact: <sip:x@{third}{transport}>")
            callee.send("\r\n".join(lines).encode())
            caller.expect(200, invite.call_id)
            call = until(lambda: active(site, invite.call_id), "the call is listed")[0]
            site.pbxctl("call", "hangup", call["call_id"])
            callee.answer(callee.expect("BYE", invite.call_id), 200)
            caller.answer(caller.expect("BYE", invite.call_id), 200)
        for listener in (udp, tcp):
            listener.settimeout(0.3)
        with pytest.raises(TimeoutError):
            udp.recv(100)
        with pytest.raises(TimeoutError):
            tcp.accept()
    site.cdrs(f"1001@{HQ}", since, 2)


def test_a_phone_that_does_not_say_how_it_is_called_is_hung_up_all_the_same(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE", invite.call_id)
    callee.send(response(received, 200, tag=callee.tag))
    caller.expect(200, invite.call_id)
    call = until(lambda: active(site, invite.call_id), "the call is listed")[0]
    site.pbxctl("call", "hangup", call["call_id"])
    callee.answer(callee.expect("BYE", invite.call_id), 200)
    caller.answer(caller.expect("BYE", invite.call_id), 200)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


def test_a_caller_steers_no_other_phone_and_has_the_directorys_name(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.prepared_invite(callee.user)
    steering = {
        "Answer-Mode": "Auto",
        "Priv-Answer-Mode": "Auto",
        "Alert-Info": "<http://192.0.2.1/>;info=alert-autoanswer",
        "Call-Info": "<sip:192.0.2.1>;answer-after=0",
        "Diversion": "<sip:900@192.0.2.1>;reason=unconditional",
        "History-Info": "<sip:900@192.0.2.1>;index=1",
        "Identity": "x",
    }
    invite.headers |= steering
    text = invite.text().decode()
    at = text.index("From: ") + 6
    caller.send((text[:at] + '"Emergency Services" ' + text[at:]).encode())
    received = callee.expect("INVITE", invite.call_id)
    assert not [name for name in steering if received.all(name.lower())]
    assert "Emergency" not in received.one("from")
    assert f"<{caller.aor}>;tag={invite.from_tag}" in received.one("from")
    callee.answer(received, 200)
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    time.sleep(1.2)
    hang_up(dialog, caller, callee)
    is_charged(site, since)


# What strangers to the code found next


def test_a_long_story_keeps_no_cancel_from_the_phones(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite, received, _ = ringing(caller, callee)
    cancel = invite.text().decode().replace("INVITE ", "CANCEL ", 1)
    cancel = cancel.replace(f"CSeq: {invite.cseq} INVITE", f"CSeq: {invite.cseq} CANCEL")
    story = "".join(f'Reason: SIP;cause=200;text="{"x" * 3_800}"\r\n' for _ in range(16))
    caller.send(cancel.replace("Content-Length", story + "Content-Length").encode())
    heard = callee.expect("CANCEL", invite.call_id)
    assert sum(len(value) for value in heard.all("reason")) < 300
    callee.answer(heard, 200)
    callee.answer(received, 487)
    caller.expect(487, invite.call_id)
    assert site.cdr(f"1001@{HQ}", since).outcome == "cancelled"


def test_a_phone_that_answers_long_after_the_end_is_hung_up_and_nobody_hears_of_it(site, pair):  # noqa: F811
    """When the transactions are gone: 32 s after the CANCEL that the phone did not obey."""
    caller, callee = pair
    since = time.time()
    invite, received, _ = ringing(caller, callee)
    caller.cancel(invite)
    caller.expect(200, invite.call_id)  # of the CANCEL
    caller.expect(487, invite.call_id)
    callee.expect("CANCEL", invite.call_id)
    time.sleep(34)
    callee.answer(received, 200)
    bye = callee.expect("BYE", invite.call_id)
    assert callee.tag in bye.one("to")
    callee.answer(bye, 200)
    with pytest.raises(AssertionError):
        caller.expect(200, invite.call_id, timeout=0.5)
    cdr = site.cdr(f"1001@{HQ}", since)
    assert (cdr.outcome, cdr.duration_ms) == ("cancelled", 0)


def test_an_ack_after_the_end_reaches_nobody_at_any_node(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    dialog = talk(caller, callee)
    hang_up(dialog, caller, callee)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"
    with Handset(site, 150, "1003", HQ, site.proxies[0]) as third:
        for by in (caller, third):
            for proxy in site.proxies:
                by.send(dialog.request("ACK", to="callee", local=by.local, cseq=2), proxy)
    assert callee.hears_nothing("ACK", 0.7, dialog.call_id)


def test_an_answer_without_a_tag_connects_nobody(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite, received, _ = ringing(caller, callee)
    callee.send(response(received, 200, contact=callee.local))
    with pytest.raises(AssertionError):
        caller.expect(200, invite.call_id, timeout=0.7)
    callee.answer(received, 486)
    caller.expect(486, invite.call_id)
    assert site.cdr(f"1001@{HQ}", since).outcome == "busy"


def test_nobody_steers_the_other_phone_later_either(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    steering = b"Alert-Info: <http://192.0.2.1/>\r\nCall-Info: <sip:x>;answer-after=0\r\n"
    callee.send(response(received, 180, tag=callee.tag).replace(b"Content-Length", steering + b"Content-Length"))
    heard = caller.expect(180, invite.call_id)
    assert not heard.all("alert-info") and not heard.all("call-info")
    callee.answer(received, 200)
    dialog = Dialog(invite, caller.expect(200, invite.call_id), received)
    caller.send(dialog.request("ACK", to="callee", local=caller.local, cseq=invite.cseq))
    police = '"Police" <' + dialog.parties["caller"].partition("<")[2]
    caller.send(dialog.request("INVITE", to="callee", local=caller.local, cseq=60, sender=police))
    again = callee.expect("INVITE", invite.call_id)
    while "60" not in again.one("cseq"):
        again = callee.expect("INVITE", invite.call_id)
    assert "Police" not in again.one("from") and invite.from_tag in again.one("from")
    callee.answer(again, 200)
    caller.expect(200, invite.call_id)
    hang_up(dialog, caller, callee)
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"


def test_a_phone_that_answers_under_a_thousand_tags_is_heard_some_times(site, pair):  # noqa: F811
    caller, callee = pair
    since = time.time()
    invite = caller.invite(callee.user)
    received = callee.expect("INVITE")
    before = site.metrics("proxy-1").total("pbx_proxy_transactions")
    for number in range(1_000):
        callee.send(response(received, 200, tag=f"t{number}", contact=callee.local))
    time.sleep(1)
    assert site.metrics("proxy-1").total("pbx_proxy_transactions") < before + 300
    call = active(site, invite.call_id)[0]
    site.pbxctl("call", "hangup", call["call_id"])
    assert site.cdr(f"1001@{HQ}", since).outcome == "answered"
