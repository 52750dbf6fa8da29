"""Calls between two phones registered at different proxies."""

from __future__ import annotations

import time

import pytest
from deadline import until
from phones.baresip import assert_audio_is_direct, talk
from phones.raw import RawTcp
from site_under_test import HQ
from test_refusals import register

TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])


@pytest.fixture(params=["udp", "tcp"])
def pair(request, site, phones):
    """1001 at the first proxy and 1002 at the second."""
    return (
        phones.registered(site.account("1001", proxy=0, transport=request.param)),
        phones.registered(site.account("1002", proxy=1, transport=request.param)),
    )


def connect(calling, called) -> None:
    calling.dial(called.account.aor)
    called.wait("CALL_INCOMING")
    calling.wait("CALL_RINGING")
    called.answer()
    calling.wait("CALL_ESTABLISHED")
    called.wait("CALL_ESTABLISHED")


def check_parties(cdr, calling, called) -> None:
    assert (cdr.caller, cdr.callee) == (calling.account.aor, called.account.aor)
    assert cdr.dialled in (called.account.user, called.account.aor, f"sip:{called.account.aor}")


@pytest.mark.parametrize("ends", ["caller", "callee"])
def test_an_answered_call_has_direct_audio_and_either_side_ends_it(site, pair, ends):
    calling, called = pair
    since = time.time()
    connect(calling, called)
    talk(calling, called, packets=50)
    assert_audio_is_direct(calling, called)
    talked = time.time()
    first, second = (calling, called) if ends == "caller" else (called, calling)
    first.hang_up()
    second.wait("CALL_CLOSED")
    first.wait("CALL_CLOSED")
    closed = time.time()

    assert calling.heard_hz() == pytest.approx(called.tone_hz, rel=0.02)
    assert called.heard_hz() == pytest.approx(calling.tone_hz, rel=0.02)
    cdr = site.cdr(calling.account.aor, since)
    check_parties(cdr, calling, called)
    assert (cdr.outcome, cdr.sip_code, cdr.hung_up_by) == ("answered", 200, ends)
    assert cdr.answered_by == called.contact()
    assert cdr.ringing_at_ms
    assert talked * 1000 - 1000 <= cdr.ended_at_ms <= closed * 1000
    assert cdr.duration_ms >= 900  # 50 packets of 20 ms
    assert cdr.duration_ms <= (closed - since) * 1000


def test_the_caller_cancels(site, pair):
    calling, called = pair
    since = time.time()
    calling.dial(called.account.aor)
    called.wait("CALL_INCOMING")
    calling.wait("CALL_RINGING")
    calling.hang_up()

    called.wait("CALL_CLOSED")
    cdr = site.cdr(calling.account.aor, since)
    check_parties(cdr, calling, called)
    assert (cdr.outcome, cdr.sip_code, cdr.hung_up_by) == ("cancelled", 487, "caller")
    assert cdr.ringing_at_ms and not cdr.answered_at_ms


def test_the_callee_is_busy(site, pair):
    calling, called = pair
    since = time.time()
    calling.dial(called.account.aor)
    called.wait("CALL_INCOMING")
    called.hang_up()

    assert calling.wait("CALL_CLOSED").param.startswith("486")
    cdr = site.cdr(calling.account.aor, since)
    check_parties(cdr, calling, called)
    assert (cdr.outcome, cdr.sip_code) == ("busy", 486)


def test_nobody_answers(site, pair):
    """Timer C ends the ringing: 408 to the caller, CANCEL to the phone."""
    calling, called = pair
    since = time.time()
    calling.dial(called.account.aor)
    called.wait("CALL_INCOMING")
    calling.wait("CALL_RINGING")

    assert calling.wait("CALL_CLOSED", timeout=30).param.startswith("408")
    called.wait("CALL_CLOSED")
    cdr = site.cdr(calling.account.aor, since)
    check_parties(cdr, calling, called)
    assert (cdr.outcome, cdr.sip_code) == ("no_answer", 408)
    assert cdr.ringing_at_ms


@TRANSPORTS
def test_an_unknown_number(site, phones, transport):
    calling = phones.registered(site.account("1001", transport=transport))
    since = time.time()
    calling.dial(f"7777@{HQ}")

    assert calling.wait("CALL_CLOSED").param.startswith("404")
    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.outcome, cdr.sip_code) == ("not_found", 404)
    assert "7777" in cdr.dialled


@TRANSPORTS
def test_a_known_number_without_a_phone(site, phones, transport):
    calling = phones.registered(site.account("1001", transport=transport))
    since = time.time()
    calling.dial(f"1009@{HQ}")

    assert calling.wait("CALL_CLOSED").param.startswith("480")
    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.caller, cdr.callee) == (calling.account.aor, f"1009@{HQ}")
    assert (cdr.outcome, cdr.sip_code) == ("unreachable", 480)


def test_a_phone_whose_connection_is_gone_is_not_waited_for(site, phones):
    """It registered over TCP and went away without a word."""
    calling = phones.registered(site.account("1001", proxy=0))
    password = site.password("1008")
    with RawTcp(site.address(175), site.proxies[1]) as gone:
        assert register(gone, site.proxies[1], "1008", HQ, password)[1].code == 200
    since = time.time()
    calling.dial(f"1008@{HQ}")

    assert calling.wait("CALL_CLOSED", timeout=5).param.startswith("480")
    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.callee, cdr.outcome, cdr.sip_code) == (f"1008@{HQ}", "unreachable", 480)


def test_phones_of_different_transports_call_each_other(site, phones):
    calling = phones.registered(site.account("1003", proxy=0, transport="udp"))
    called = phones.registered(site.account("1004", proxy=1, transport="tcp"))
    since = time.time()
    connect(calling, called)
    talk(calling, called)
    called.hang_up()
    calling.wait("CALL_CLOSED")

    cdr = site.cdr(calling.account.aor, since)
    check_parties(cdr, calling, called)
    assert (cdr.outcome, cdr.hung_up_by) == ("answered", "callee")


def test_hold_and_resume_pass_through_both_proxies(site, pair):
    """A re-INVITE follows the dialog's route, not the location of the user."""
    calling, called = pair
    since = time.time()
    connect(calling, called)
    talk(calling, called)
    calling.command("hold")
    until(
        lambda: "a=sendonly" in called.sip_trace() or "a=inactive" in called.sip_trace(),
        "the hold's re-INVITE",
    )
    calling.command("resume")
    until(lambda: called.sip_trace().count("INVITE sip:") >= 3, "the second re-INVITE")
    calling.hang_up()
    called.wait("CALL_CLOSED")

    assert site.cdr(calling.account.aor, since).outcome == "answered"


def test_a_call_that_goes_on_is_seen_and_ended_by_the_operator(site, pair):
    calling, called = pair
    since = time.time()
    connect(calling, called)
    talk(calling, called)
    calls = until(
        lambda: [
            c
            for c in site.pbxctl("call", "list") or []
            if c["legs"][0]["aor"] == calling.account.aor
        ],
        "the call in pbxctl call list",
    )
    assert len(calls) == 1
    site.pbxctl("call", "hangup", calls[0]["call_id"], "--reason", "end of test")
    calling.wait("CALL_CLOSED")
    called.wait("CALL_CLOSED")

    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.call_id, cdr.outcome, cdr.hung_up_by) == (
        calls[0]["call_id"],
        "answered",
        "platform",
    )
