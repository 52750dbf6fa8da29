"""After all calls: each has exactly one CDR. Runs last, by its name."""

from __future__ import annotations

from collections import Counter


def test_every_call_of_the_session_has_exactly_one_cdr(site):
    cdrs = site.all_cdrs()
    assert len(cdrs) >= len(site.expected_cdrs)
    # Two phones may choose the same Call-ID, and one may use its own again: for another call.
    made = Counter((cdr.sip_call_id, cdr.caller, cdr.callee) for cdr in cdrs)
    twice = {call_id for (call_id, *_), count in made.items() if count > 1}
    assert twice <= site.replayed
    for call_id in site.replayed:
        answered = [cdr for cdr in cdrs if cdr.sip_call_id == call_id and cdr.answered_at_ms]
        assert len(answered) == 1, "a call that was sent again was made once"
    known = {cdr.call_id: cdr for cdr in cdrs}
    for cdr in site.expected_cdrs:
        assert known[cdr.call_id] == cdr, "a CDR changed after it was written"
