"""Phones that lose their power in the middle of a call: it does not go on for ever."""

from __future__ import annotations

import time

import pytest
from deadline import until
from phones.handset import Handset, talk
from site_under_test import HQ, OVERRIDES, Site

SHORT = {
    "proxy": OVERRIDES["proxy"]
    | {"call_check": "5s", "session_check": "2s", "max_call_duration": "20s"}
}


@pytest.fixture(scope="module")
def impatient(binary_dir, tmp_path_factory):
    """A cluster that asks often and lets no call last."""
    site = Site(binary_dir, tmp_path_factory.mktemp("impatient"), SHORT)
    try:
        site.start()
        yield site
    finally:
        site.stop()


def test_a_call_whose_phones_have_vanished_ends(impatient):
    site = impatient
    since = time.time()
    with Handset(site, 141, "1001", HQ, site.proxies[0]) as caller:
        with Handset(site, 142, "1002", HQ, site.proxies[0]) as callee:
            callee.register()
            talk(caller, callee)
    until(lambda: not site.pbxctl("call", "list"), "the call is over", 60)
    cdr = site.cdr(f"1001@{HQ}", since)
    assert cdr.outcome == "answered"
    assert cdr.reason == "A phone did not answer any more."
    assert cdr.duration_ms < 10_000, "nobody pays for the time that nobody answered for"


def test_a_call_that_both_phones_have_is_asked_for_and_goes_on_to_the_longest_duration(impatient):
    site = impatient
    since = time.time()
    with (
        Handset(site, 143, "1003", HQ, site.proxies[1]) as caller,
        Handset(site, 144, "1004", HQ, site.proxies[0]) as callee,
    ):
        callee.register()
        dialog = talk(caller, callee)
        asked = 0
        deadline = time.monotonic() + 60
        over = set()
        while len(over) < 2 and time.monotonic() < deadline:
            for phone in (caller, callee):
                message = phone.socket.receive(0.2)
                if message is None or message.code or message.one("call-id") != dialog.call_id:
                    continue
                asked += message.method == "INFO"
                if message.method == "BYE":
                    over.add(phone.user)
                phone.answer(message, 200)
        assert over == {"1003", "1004"}, "both are hung up"
        assert asked >= 2, "each was asked"
    cdr = site.cdr(f"1003@{HQ}", since)
    assert cdr.reason == "The call reached the longest duration that is allowed."
    assert 20_000 <= cdr.duration_ms < 45_000
