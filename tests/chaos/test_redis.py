"""Redis fails under calls: its master dies, or it comes back with nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from bench_load import BenchLoad, registers
from calls import Books, CallLoad
from deadline import until
from devlib.bench.generator import DOMAIN
from devlib.bench.ours import FIRST_USER
from redis_groups import NODE_TIMEOUT_MS, RedisCluster, Sentinels
from scale import SCALE

QUIET = SCALE.users // 4  # phones that register once
FIRST_QUIET = FIRST_USER + SCALE.users // 4
# Redis Cluster makes up its mind in its node timeout, and twice that is not rare.
CLUSTER_FAILOVER = 2 * NODE_TIMEOUT_MS / 1000 + 3


@pytest.fixture(params=[(Sentinels, 5.0), (RedisCluster, CLUSTER_FAILOVER)], ids=["sentinel", "cluster"])
def group(request, site):
    """The servers, with proxies and registrars that use them; and how long a new call may wait."""
    kind, limit = request.param
    group = kind(site.workspace)
    try:
        group.start()
        site.use_redis(group.uri)
        yield group, limit
        site.use_redis()
    finally:
        group.stop()


def test_a_master_dies_and_calls_go_on(site, group, tmp_path):
    servers, limit = group
    with CallLoad(site, tmp_path) as load:
        load.run(SCALE.calm)
        servers.kill(0)
        took = load.wait_for_answers(max(1, round(SCALE.call_rate / 2)))
        load.run(max(0.0, limit - took))
        failed = load.failed()
        load.run(SCALE.calm)
        books = load.finish()
    print(f"{books}; a second's calls after {took:.1f} s")
    assert took < limit + 1
    assert books.failed == failed, "calls fail after the time that a fail-over may take"
    assert books.ended == books.answered
    books.check(site)


@dataclass
class Loss:
    """What happened when Redis lost all under calls."""

    books: Books
    before: set[str]  # keys of bindings
    after: set[str]
    took: float  # seconds until they were restored


@pytest.fixture(scope="module")
def loss(whole_site, tmp_path_factory) -> Loss:
    site = whole_site
    site.wait_ready()
    with BenchLoad(site, registers(SCALE.register_rate, QUIET, 0.5, FIRST_QUIET)) as phones:
        assert phones.result().failed == 0
    with CallLoad(site, tmp_path_factory.mktemp("loss")) as load:
        load.run(SCALE.calm)
        before, done = _bindings(site), _restorations(site)
        began = time.monotonic()
        site.lose_redis()
        until(lambda: _restorations(site) > done, "the bindings are restored", 30)
        took = time.monotonic() - began
        load.wait_for_answers()
        load.run(SCALE.calm)
        return Loss(load.finish(), before, _bindings(site), took)


def test_a_redis_that_comes_back_empty_gets_its_bindings_back(site, loss):
    print(f"{loss.books}; {len(loss.before)} bindings restored {loss.took:.1f} s after the loss")
    assert len(loss.before) >= QUIET
    assert loss.before <= loss.after
    assert site.bindings(f"{FIRST_QUIET}@{DOMAIN}")


def test_calls_go_on_when_redis_loses_all(loss):
    assert loss.books.ended == loss.books.answered


def test_calls_that_redis_lost_have_their_cdr(site, loss):
    loss.books.check(site, 15)


def _bindings(site) -> set[str]:
    keys = site.redis_keys()
    return {key for key in keys if key.startswith("loc:") and not key.endswith(":gone")}


def _restorations(site) -> float:
    return sum(
        site.metrics(process.node).total("pbx_registrar_restorations_total")
        for process in site.workspace.of("registrar")
    )
