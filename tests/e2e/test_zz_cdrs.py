"""After all calls: each has exactly one CDR. Runs last, by its name."""

from __future__ import annotations

from collections import Counter


def test_every_call_of_the_session_has_exactly_one_cdr(site):
    cdrs = site.all_cdrs()
    assert len(cdrs) >= len(site.expected_cdrs)
    twice = {key: n for key, n in Counter(cdr.sip_call_id for cdr in cdrs).items() if n > 1}
    assert {key for key in twice if key not in site.replayed} == set()
    for call_id in site.replayed:
        answered = [cdr for cdr in cdrs if cdr.sip_call_id == call_id and cdr.answered_at_ms]
        assert len(answered) == 1, "a call that was sent again was made once"
    known = {cdr.call_id: cdr for cdr in cdrs}
    for cdr in site.expected_cdrs:
        assert known[cdr.call_id] == cdr, "a CDR changed after it was written"
