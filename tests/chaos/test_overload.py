"""More than the cluster can do: it refuses in time, with the words that send a client away, and recovers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from bench_load import BenchLoad, Result
from calls import CallLoad
from deadline import until
from devlib.bench.generator import DOMAIN, Load
from phones.raw import RawUdp
from phones.sip import Request
from scale import FULL

BOUND = 100  # transactions of a proxy: the least that its configuration takes
RING_MS = 5000
RECOVERY = 5.0  # seconds until latency is normal again
GOODPUT = 0.8  # of the peak
GROWTH_MB = 300  # of each proxy, whatever is thrown at it


@pytest.fixture
def small_proxies(site):
    """Proxies that are full with few calls."""
    usual = dict(site.overrides["proxy"])
    site.overrides["proxy"] |= {"max_transactions": BOUND, "workers": 1}
    site.cluster.restart("proxy")
    site.wait_for_users()
    yield
    site.overrides["proxy"] = usual
    site.cluster.restart("proxy")
    site.wait_for_users()


def _answer(site):
    """What a proxy says to a phone that asks to be challenged."""
    aor = f"sip:nobody@{DOMAIN}"
    with RawUdp(site.address(140)) as phone:
        return phone.ask(
            Request("REGISTER", f"sip:{DOMAIN}", aor, aor, phone.local), site.proxies[0]
        )


def test_a_full_proxy_says_when_to_come_back_and_recovers(site, small_proxies, tmp_path):
    assert _answer(site).code == 401
    with CallLoad(site, tmp_path, rate=40, ring_ms=RING_MS, talk=1) as load:
        refused = until(
            lambda: (answer := _answer(site)).code == 503 and answer, "a refusal for overload", 20
        )
        assert int(refused.one("retry-after")) >= 1
        load.begin_no_more()
        books = load.finish()
    print(books)
    until(lambda: _answer(site).code == 401, "an answer as usual", RECOVERY)
    assert books.answered, "while it is full, it goes on with what it has"
    assert books.ended == books.answered
    books.check(site)


@pytest.mark.skipif(not FULL, reason="timed: PBX_CHAOS=full on a quiet machine")
def test_twice_the_sustainable_load_is_borne(site):
    calls = Load("call", rate=50, users=4000, warm_up=2, seconds=10)
    peak = _search(site, replace(calls, growth=1.3))
    easy = replace(calls, rate=peak / 2)
    before, memory = _run(site, easy), _proxies_mb(site)
    over = _run(site, replace(calls, rate=2 * peak, users=16_000, seconds=30))
    grown = _proxies_mb(site) - memory
    time.sleep(RECOVERY)  # what is measured is the time after it
    after = _run(site, easy)
    goodput = over.completed / 30
    print(f"peak {peak:.0f}/s, goodput {goodput:.0f}/s, {grown:.0f} MB more; {before}; {after}")
    assert goodput >= GOODPUT * peak
    assert after.failed == 0
    assert after.p99_us <= 2 * before.p99_us
    assert grown <= GROWTH_MB * len(site.proxies)


def _search(site, load: Load) -> float:
    with BenchLoad(site, load) as phones:
        return phones.found_rate()


def _run(site, load: Load) -> Result:
    with BenchLoad(site, load) as phones:
        return phones.result()


def _proxies_mb(site) -> float:
    """Memory of both proxies."""
    pids = [site.daemon(process.node).pid() for process in site.workspace.of("proxy")]
    lines = [Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2] for pid in pids]
    return sum(int(line.split()[0]) for line in lines) / 1024
