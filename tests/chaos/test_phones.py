"""Real phones in a call whose proxy dies: it goes on as long as they have it, and they hear what they need."""

from __future__ import annotations

import re
import time

import pytest
from deadline import until
from devlib.bench.ours import FIRST_USER
from phones.baresip import Phones, talk
from scale import SCALE

FOUND = 2 * SCALE.dialog_lease + 5  # seconds until a lost node's calls are taken over
ASKED = FOUND + 4 * SCALE.session_check
QUESTION = re.compile(r"^INFO sip:", re.M)
ANSWER = re.compile(r"^SIP/2\.0 (\d+) (?:.+\n)*?CSeq: 0 INFO", re.M)


@pytest.fixture
def pair(site, tmp_path):
    """A caller at proxy-1, which keeps the record of its calls, and a callee at proxy-2."""
    phones = Phones(site.address, tmp_path)
    yield [phones.registered(site.account(FIRST_USER + 20 + place, proxy=place)) for place in (0, 1)]
    phones.stop()
    site.forget_bindings()


@pytest.fixture
def lose_proxy_1(site, stand_in):
    """Kills proxy-1 and gives the nodes that are left; its address is another node's then, or nobody's."""

    def lose(address: str) -> list[str]:
        if address == "taken":
            return ["proxy-2", stand_in("proxy-1")]
        site.kill("proxy-1")
        return ["proxy-2"]

    return lose


def connect(calling, called) -> None:
    calling.dial(called.account.aor)
    called.wait("CALL_INCOMING")
    called.answer()
    calling.wait("CALL_ESTABLISHED")
    called.wait("CALL_ESTABLISHED")
    talk(calling, called)


def wait_till_asked(phones) -> None:
    until(
        lambda: all(ANSWER.search(phone.sip_trace().replace("\r", "")) for phone in phones),
        "both phones are asked",
        ASKED,
    )


def answers(phone) -> list[str]:
    """Codes of what it said to those who asked it."""
    trace = phone.sip_trace().replace("\r", "")
    assert QUESTION.search(trace), f"{phone.account.aor} was not asked"
    return ANSWER.findall(trace)


def branches(phone, method: str) -> set[str]:
    """Of the requests with that method that it got: what tells which transaction they are of."""
    trace = phone.sip_trace().replace("\r", "")
    return set(re.findall(rf"^{method} sip:.*\nVia: .*;branch=([^;\n]+)", trace, re.M))


@pytest.mark.parametrize(
    ("address", "ends"), [("taken", "caller"), ("taken", "callee"), ("nobody's", "callee")]
)
def test_a_call_of_a_dead_proxy_goes_on_until_a_phone_hangs_up(
    site, lose_proxy_1, pair, address, ends
):
    calling, called = pair
    since = time.time()
    connect(calling, called)
    lose_proxy_1(address)
    wait_till_asked(pair)

    talk(calling, called, packets=25 + max(phone.rtp().received for phone in pair))
    assert not any(phone.saw("CALL_CLOSED") for phone in pair)
    # It knows of an earlier request of the caller, but the caller of none of its own.
    assert set(answers(called)) == {"500"}
    assert set(answers(calling)) == {"488"}

    first, second = (calling, called) if ends == "caller" else (called, calling)
    first.hang_up()
    second.wait("CALL_CLOSED", timeout=4 * SCALE.session_check)
    cdr = site.cdr(calling.account.aor, since)
    assert cdr.outcome == "answered"
    assert cdr.hung_up_by == ends


def test_a_call_of_a_dead_proxy_ends_when_a_phone_has_it_no_more(site, stand_in, pair):
    calling, called = pair
    since = time.time()
    connect(calling, called)
    stand_in("proxy-1")
    called.kill()
    called.start()
    called.sign_in(called.account)

    calling.wait("CALL_CLOSED", timeout=ASKED)
    assert "481" in answers(called)
    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.outcome, cdr.hung_up_by) == ("answered", "platform")


@pytest.mark.parametrize(("gives_up", "code"), [("caller", 487), ("callee", 486)])
def test_a_refusal_is_acknowledged_through_the_successor_of_a_dead_proxy(
    site, stand_in, pair, gives_up, code
):
    calling, called = pair
    since = time.time()
    calling.dial(called.account.aor)
    called.wait("CALL_INCOMING")
    calling.wait("CALL_RINGING")
    stand_in("proxy-2")
    (calling if gives_up == "caller" else called).hang_up()

    calling.wait("CALL_CLOSED")
    called.wait("CALL_CLOSED")
    until(
        lambda: branches(called, "INVITE") & branches(called, "ACK"),
        "the ACK of the phone's INVITE",
        instead=called.sip_trace,
    )
    assert site.cdr(calling.account.aor, since).sip_code == code
