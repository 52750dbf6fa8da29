"""A proxy dies under calls, and another node takes its address over."""

from __future__ import annotations

from calls import CallLoad
from deadline import until
from scale import FULL, SCALE

TALK = 20.0 if FULL else 6.0
RING_MS = 6000
LEFT = 3 * SCALE.dialog_lease + 10


def test_calls_of_a_dead_proxy_are_hung_up_through_another(site, stand_in, tmp_path):
    before = site.open_calls()  # a test that failed may have left some
    with CallLoad(site, tmp_path, talk=TALK) as load:
        load.run(TALK)
        load.begin_no_more()
        stand_in("proxy-1")
        books = load.finish()
    print(books)
    assert books.ended == books.answered
    books.check(site)
    until(lambda: site.open_calls() <= before, "no dialog record is left", LEFT)


def test_ringing_calls_of_a_dead_proxy_are_answered_through_another(site, stand_in, tmp_path):
    with CallLoad(site, tmp_path, ring_ms=RING_MS) as load:
        load.run(2)
        load.begin_no_more()
        stand_in("proxy-1")
        books = load.finish()
    print(books)
    assert books.failed == 0
    assert not books.second_tries()
    assert books.ended == books.answered
    books.check(site, LEFT)  # what nobody could tell is told when a lease has run out
