"""Every process is replaced under calls, one after the other."""

from __future__ import annotations

from calls import CallLoad
from scale import SCALE


def test_a_rolling_restart_fails_no_call(site, tmp_path):
    with CallLoad(site, tmp_path) as load:
        load.run(SCALE.calm)
        for process in list(site.workspace.processes):
            site.cluster.restart(process.node)
            load.run(SCALE.calm)
        books = load.finish()
    print(books)
    assert books.failed == 0
    assert books.ended == books.answered
    books.check(site)
