"""Random faults in a row under calls, from a printed seed."""

from __future__ import annotations

import os
import re

import pytest
from calls import CallLoad
from deadline import until
from faults import sequence
from scale import FULL, SCALE

SEEDS = [int(seed) for seed in os.environ.get("PBX_CHAOS_SEEDS", "1").split(",")]
LONGEST = 3.0 if FULL else 2.0  # two hundred in some ten minutes
# Phones that do not answer any more are asked four times, 4 s apart, and each question waits 32 s.
QUESTIONS = 4 * (4 + 32) + 30.0
# Keys that stay: which nodes there were, and that the bindings are whole.
LASTING = re.compile(r"nodes:\{\w+\}|locwhole:\{\d+\}")


@pytest.mark.parametrize("seed", SEEDS)
def test_random_faults_lose_no_answered_call(site, tmp_path, seed):
    before = site.open_calls()  # a test that failed may have left some
    with CallLoad(site, tmp_path) as load:
        for fault in sequence(seed, SCALE.faults, LONGEST):
            print(f"seed {seed}: {fault}", flush=True)
            fault.begin(site)
            load.run(fault.seconds)
            fault.mend(site)
            load.run(SCALE.fault_gap)
        site.wait_ready()
        load.wait_for_answers()
        books = load.finish()
    print(f"seed {seed}: {books}")
    books.check(site, QUESTIONS + 3 * SCALE.dialog_lease)
    until(lambda: site.open_calls() <= before, "no dialog record is left", 3 * SCALE.dialog_lease + 30)
    endless = {key for key, ttl in site.redis_keys().items() if ttl < 0}
    assert not {key for key in endless if not LASTING.fullmatch(key)}
