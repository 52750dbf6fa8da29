"""Registrars die under REGISTERs."""

from __future__ import annotations

from bench_load import BenchLoad, registers
from devlib.bench.ours import FIRST_USER
from scale import FULL, SCALE

USERS = SCALE.users // 2
SECONDS = 30.0 if FULL else 8.0


def test_a_killed_registrar_costs_no_phone_more_than_one_repetition(site):
    load = registers(SCALE.register_rate, USERS, SECONDS, FIRST_USER + USERS)
    with BenchLoad(site, load) as phones:
        phones.begun()
        site.kill("registrar-1")
        result = phones.result()
    print(result)
    assert result.started >= 0.9 * SCALE.register_rate * SECONDS
    assert (result.failed, result.refused) == (0, {})
    assert result.completed == result.started + result.carried
    assert result.most_repeated <= 1
