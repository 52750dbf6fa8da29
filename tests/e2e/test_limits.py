"""How many calls a user and a tenant may have at a time, and what a device is told of who calls."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress

import pytest
from deadline import until
from phones.handset import Handset, talk
from phones.sip import Message
from site_under_test import HQ

CALLER, CALLEE = f"1001@{HQ}", f"1002@{HQ}"


@pytest.fixture
def callers(site):
    """The caller's phones, one at each node."""
    with Handset(site, 161, "1001", HQ, site.proxies[0]) as one:
        with Handset(site, 162, "1001", HQ, site.proxies[1]) as other:
            yield one, other


@pytest.fixture
def callee(site):
    with Handset(site, 163, "1002", HQ, site.proxies[0]) as phone:
        phone.register()
        yield phone
    site.forget_bindings()


@contextmanager
def limited(site, noun: str, name: str, option: str, calls: int):
    until(lambda: not site.pbxctl("call", "list"), "calls of other tests are over", 60)
    site.pbxctl(noun, "set", name, option, str(calls))
    time.sleep(1)  # what test_changes.py allows
    try:
        yield
    finally:
        site.pbxctl(noun, "set", name, option, "0")


LIMITS = {
    "of the user": ("user", CALLER, "--calls"),
    "of each user of the tenant": ("tenant", "hq.north", "--user-calls"),
    "of the tenant": ("tenant", "hq.north", "--calls"),
}


def hang_up(site, dialog, caller, callee) -> None:
    caller.send(dialog.request("BYE", to="callee", local=caller.local, cseq=90))
    callee.answer(callee.expect("BYE", dialog.call_id), 200)
    caller.expect(200, dialog.call_id)


def refused(phone: Handset, call_id: str, *codes: int) -> Message:
    """The refusal of an INVITE with one of these codes."""

    def heard() -> Message | None:
        for code in codes:
            with suppress(AssertionError):
                return phone.expect(code, call_id, timeout=0.1)
        return None

    return until(heard, f"{codes} for {call_id}")


@pytest.mark.parametrize("limit", LIMITS)
def test_no_more_calls_at_once_than_are_allowed_whichever_node_takes_them(
    site, callers, callee, limit
):
    since = time.time()
    with limited(site, *LIMITS[limit], 2):
        talking = [talk(phone, callee) for phone in callers]
        for phone in callers:
            answer = refused(phone, phone.invite("1002").call_id, 480)
            assert "too many calls" in answer.start
        hang_up(site, talking[0], callers[0], callee)
        talking[0] = talk(callers[1], callee)
        hang_up(site, talking[0], callers[1], callee)
        hang_up(site, talking[1], callers[1], callee)
    outcomes = [cdr.outcome for cdr in site.cdrs(CALLER, since, 5)]
    assert sorted(outcomes) == ["answered"] * 3 + ["failed"] * 2


def test_calls_that_begin_at_once_do_not_slip_through(site, callers, callee):
    """Ten at the same moment at two nodes, where three are allowed."""
    since = time.time()
    with limited(site, "user", CALLER, "--calls", 3):
        invites = [(callers[i % 2], callers[i % 2].prepared_invite("1002")) for i in range(10)]
        for phone, invite in invites:
            phone.send(invite.text())
        ringing = {message.one("call-id"): message for message in callee.all("INVITE")}
        assert len(ringing) <= 3
        for message in ringing.values():
            callee.answer(message, 486)
        for phone, invite in invites:
            refused(phone, invite.call_id, 480, 486)
        dialog = talk(callers[0], callee)
        hang_up(site, dialog, callers[0], callee)
    site.cdrs(CALLER, since, 11)


@pytest.mark.parametrize(("told", "named"), [("default", True), ("asserted", True), ("none", False)])
def test_a_device_says_whether_it_is_told_who_calls(site, callers, told, named):
    """The proxies of this site assert by default."""
    name = f"told-{told}"
    added = site.pbxctl("device", "add", name, "--user", CALLEE, "--caller-identity", told)
    login, password = added["device"]["credential"]["username"], added["password"]
    since = time.time()
    try:
        with Handset(site, 164, "1002", HQ, site.proxies[1], login=(login, password)) as phone:
            until(phone.registers, "the new device's registration")
            invite = callers[0].invite("1002")
            received = phone.expect("INVITE")
            phone.answer(received, 486)
            refused(callers[0], invite.call_id, 486)
            asserted = [v for v in received.all("p-asserted-identity") if "1001@" in v]
            assert bool(asserted) == named
        site.cdr(CALLER, since)
    finally:
        site.pbxctl("device", "remove", f"{name}@{HQ}")
