"""After all calls: each has exactly one CDR. Runs last, by its name."""

from __future__ import annotations

from collections import Counter


def test_every_call_of_the_session_has_exactly_one_cdr(site):
    cdrs = site.all_cdrs()
    assert len(cdrs) >= len(site.expected_cdrs)
    twice = {key: n for key, n in Counter(cdr.sip_call_id for cdr in cdrs).items() if n > 1}
    assert twice == {}
    known = {cdr.call_id: cdr for cdr in cdrs}
    for cdr in site.expected_cdrs:
        assert known[cdr.call_id] == cdr, "a CDR changed after it was written"
