"""One address of record with three phones."""

from __future__ import annotations

import re
import time

import pytest
from phones.baresip import talk


@pytest.fixture
def three(site, phones):
    """Three phones of user 1005: both proxies, both transports."""
    return [
        phones.registered(site.account("1005", proxy=proxy, transport=transport))
        for proxy, transport in ((0, "udp"), (1, "tcp"), (1, "udp"))
    ]


def cancel_in(trace: str) -> str:
    """The first CANCEL that a phone received."""
    found = re.search(r"^CANCEL sip:.*?\r?\n\r?\n", trace, re.M | re.S)
    assert found, "no CANCEL"
    return found[0]


def test_all_ring_one_answers_the_others_are_told_why_they_stop(site, phones, three):
    calling = phones.registered(site.account("1006", proxy=0))
    since = time.time()
    calling.dial(three[0].account.aor)
    for phone in three:
        phone.wait("CALL_INCOMING")
    three[1].answer()
    calling.wait("CALL_ESTABLISHED")
    for phone in (three[0], three[2]):
        phone.wait("CALL_CLOSED")
        cancel = cancel_in(phone.sip_trace())
        assert re.search(r"^Reason:\s*SIP\s*;\s*cause=200", cancel, re.M | re.I), cancel
    assert not three[1].saw("CALL_CLOSED")
    talk(calling, three[1])
    calling.hang_up()
    three[1].wait("CALL_CLOSED")

    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.callee, cdr.outcome, cdr.hung_up_by) == (three[0].account.aor, "answered", "caller")
    assert cdr.answered_by == three[1].contact()


def test_all_ring_and_all_stop_when_the_caller_cancels(site, phones, three):
    calling = phones.registered(site.account("1006", proxy=1, transport="tcp"))
    since = time.time()
    calling.dial(three[0].account.aor)
    for phone in three:
        phone.wait("CALL_INCOMING")
    calling.hang_up()
    for phone in three:
        phone.wait("CALL_CLOSED")

    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.outcome, cdr.hung_up_by) == ("cancelled", "caller")


def test_one_busy_phone_does_not_stop_the_others(site, phones, three):
    calling = phones.registered(site.account("1006"))
    since = time.time()
    calling.dial(three[0].account.aor)
    for phone in three:
        phone.wait("CALL_INCOMING")
    three[0].hang_up()
    three[0].wait("CALL_CLOSED")
    three[2].answer()
    calling.wait("CALL_ESTABLISHED")
    three[1].wait("CALL_CLOSED")
    calling.hang_up()
    three[2].wait("CALL_CLOSED")

    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.outcome, cdr.sip_code) == ("answered", 200)
    assert cdr.answered_by == three[2].contact()


def test_all_refuse_and_the_caller_hears_the_best_answer(site, phones, three):
    calling = phones.registered(site.account("1006"))
    since = time.time()
    calling.dial(three[0].account.aor)
    for phone in three:
        phone.wait("CALL_INCOMING")
        phone.hang_up()

    assert calling.wait("CALL_CLOSED").param.startswith("486")
    assert site.cdr(calling.account.aor, since).outcome == "busy"
