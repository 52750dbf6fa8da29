"""Phones that lose their power in the middle of a call: it does not go on for ever."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from deadline import until
from phones.handset import Handset, talk
from site_under_test import HQ, OVERRIDES, Site
from test_idle import cpu

SECONDS = float(os.environ.get("PBX_VANISH_SECONDS", "10"))  # 600 by hand
CALLS_A_SECOND = 2
SHARE = 0.01 if SECONDS >= 60 else 0.05  # of a core; sanitizers' builds take more
MEGABYTE = 1024 * 1024
# Keys that stay: they belong to nodes and scripts, not to phones.
OWNED = ("locwhole:", "nodes:", "node:", "locrestorer")
SHORT = {
    "proxy": OVERRIDES["proxy"]
    | {
        "call_check": "5s",
        "session_check": "2s",
        "max_call_duration": "20s",
        "max_ringing": "6s",
    }
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


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("second", [0, 1], ids=["one node", "two nodes"])
def test_a_call_whose_phones_have_vanished_ends(impatient, transport, second):
    site = impatient
    since = time.time()
    with Handset(site, 141, "1001", HQ, site.proxies[0], transport=transport) as caller:
        with Handset(site, 142, "1002", HQ, site.proxies[second], transport=transport) as callee:
            callee.register()
            talk(caller, callee)
    until(lambda: not site.pbxctl("call", "list"), "the call is over", 60)
    cdr = site.cdr(f"1001@{HQ}", since)
    assert cdr.outcome == "answered"
    assert cdr.reason == "A phone did not answer any more."
    assert cdr.duration_ms < 10_000, "nobody pays for the time that nobody answered for"


def test_a_phone_is_asked_by_the_node_that_it_hears(impatient):
    """Behind a NAT it would hear no other; and it talks on until a BYE of that node."""
    site = impatient
    since = time.time()
    with (
        Handset(site, 143, "1003", HQ, site.proxies[0]) as caller,
        Handset(site, 144, "1004", HQ, site.proxies[1]) as callee,
    ):
        callee.register()
        dialog = talk(caller, callee)
        asked = 0
        while True:
            message = callee.socket.receive(15)
            assert message, "the platform comes back"
            if message.code or message.one("call-id") != dialog.call_id:
                continue
            assert site.proxies[1] in message.all("via")[0], message.start
            callee.answer(message, 200)
            if message.method == "BYE":
                break
            asked += 1
            if asked == 2:
                caller.answer(caller.expect("INFO", dialog.call_id), 481)
        assert asked >= 2
    cdr = site.cdr(f"1003@{HQ}", since)
    assert cdr.reason == "A phone had ended the call before."
    site.forget_bindings()


def questions_until_hung_up(caller: Handset, callee: Handset, call_id: str) -> int:
    """Both phones have the call, and say so, until the platform ends it at both."""
    asked, over = 0, set()
    deadline = time.monotonic() + 60
    while len(over) < 2 and time.monotonic() < deadline:
        for phone in (caller, callee):
            message = phone.socket.receive(0.2)
            if message is None or message.code or message.one("call-id") != call_id:
                continue
            asked += message.method == "INFO"
            if message.method == "BYE":
                over.add(phone.user)
            phone.answer(message, 200)
    assert over == {caller.user, callee.user}, "both are hung up"
    return asked


def test_a_call_that_both_phones_have_is_asked_for_and_goes_on_to_the_longest_duration(impatient):
    site = impatient
    since = time.time()
    with (
        Handset(site, 143, "1003", HQ, site.proxies[1]) as caller,
        Handset(site, 144, "1004", HQ, site.proxies[0]) as callee,
    ):
        callee.register()
        dialog = talk(caller, callee)
        assert questions_until_hung_up(caller, callee, dialog.call_id) >= 2, "each was asked"
    cdr = site.cdr(f"1003@{HQ}", since)
    assert cdr.reason == "The call reached the longest duration that is allowed."
    assert 20_000 <= cdr.duration_ms < 45_000


def test_a_phone_that_comes_back_over_another_connection_talks_on(impatient):
    site = impatient
    since = time.time()
    with Handset(site, 143, "1003", HQ, site.proxies[0]) as caller:
        with Handset(site, 144, "1004", HQ, site.proxies[1], transport="tcp") as callee:
            callee.register()
            dialog = talk(caller, callee)
        with Handset(site, 144, "1004", HQ, site.proxies[1], transport="tcp") as callee:
            callee.register()
            assert questions_until_hung_up(caller, callee, dialog.call_id)
    cdr = site.cdr(f"1003@{HQ}", since)
    assert cdr.reason == "The call reached the longest duration that is allowed."
    site.forget_bindings()


def test_a_phone_that_rings_for_ever_does_not(impatient):
    site = impatient
    since = time.time()
    with (
        Handset(site, 143, "1003", HQ, site.proxies[1]) as caller,
        Handset(site, 144, "1004", HQ, site.proxies[0]) as callee,
    ):
        callee.register()
        invite = caller.invite("1004")
        received = callee.expect("INVITE")
        for _ in range(8):  # each would begin Timer C anew
            callee.answer(received, 183)
            if not callee.hears_nothing("CANCEL", 1.0):
                break
        else:
            raise AssertionError("it rings and rings")
        callee.answer(received, 487)
        assert caller.expect(408, invite.call_id)
    cdr = site.cdr(f"1003@{HQ}", since)
    assert (cdr.outcome, cdr.duration_ms) == ("no_answer", 0)
    site.forget_bindings()


def redis(site, *words: str) -> list[str]:
    """What Redis answers, a line a value."""
    password = site.workspace.secrets["PBX_REDIS_PASSWORD"]
    done = subprocess.run(
        ["redis-cli", "-h", site.address(3), *words],
        env=os.environ | {"REDISCLI_AUTH": password},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line]


def use_of(pid: int) -> tuple[int, int]:
    """Descriptors, and resident bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return len(os.listdir(f"/proc/{pid}/fd")), pages * os.sysconf("SC_PAGE_SIZE")


def vanishing_call(site, number: int) -> None:
    """It is answered, and then both phones are gone without a word."""
    transport = ("udp", "tcp")[number % 2]
    user, proxy = number % 5, site.proxies[number // 2 % 2]
    with (
        Handset(site, 145 + user, f"100{1 + user}", HQ, proxy, transport=transport) as caller,
        Handset(site, 150 + user, f"100{6 + user % 4}", HQ, proxy, transport=transport) as callee,
    ):
        callee.register()
        talk(caller, callee)


def test_phones_that_vanish_all_the_time_leave_nothing_behind(impatient):
    site = impatient
    pids = {process.node: pid for process, pid in site.cluster.processes()}
    vanishing_call(site, 0)
    vanishing_call(site, 1)
    before = {node: use_of(pid) for node, pid in pids.items()}
    began, number = time.monotonic(), 2
    while time.monotonic() - began < SECONDS:
        vanishing_call(site, number)
        number += 1
        time.sleep(max(0.0, began + (number - 2) / CALLS_A_SECOND - time.monotonic()))
    until(lambda: not site.pbxctl("call", "list"), "all calls are over", 90)

    used = {node: cpu(pid) for node, pid in pids.items()}
    time.sleep(10)
    for node, pid in pids.items():
        share = (cpu(pid) - used[node]) / 10
        assert share < SHARE, f"{node} takes {share:.1%} of a core"
        descriptors, memory = use_of(pid)
        assert descriptors <= before[node][0] + 4, node
        assert memory < before[node][1] * 1.3 + 32 * MEGABYTE, node
    kept = [key for key in redis(site, "keys", "*") if not key.startswith(OWNED)]
    for key in kept:
        assert not key.startswith(("leases:", "calls:")), key
        assert redis(site, "pttl", key) != ["-1"], key  # -2: it has gone meanwhile
    site.forget_bindings()
