"""What the services stand on goes away under calls."""

from __future__ import annotations

import pytest
from calls import CallLoad
from scale import SCALE


@pytest.mark.parametrize("backend", ["postgres", "kafka"])
def test_calls_go_on_while_it_is_away_and_each_gets_its_cdr(site, tmp_path, backend):
    with CallLoad(site, tmp_path) as load:
        load.run(SCALE.calm)
        site.daemon(backend).stop()
        load.run(SCALE.outage)
        load.wait_for_answers()
        site.start_again(backend)
        load.run(SCALE.calm)
        books = load.finish()
    print(books)
    assert books.failed == 0
    assert books.ended == books.answered
    books.check(site)
