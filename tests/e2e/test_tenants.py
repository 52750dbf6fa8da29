"""Two tenants with the same numbers: neither reaches the other's phones."""

from __future__ import annotations

import time

from phones.baresip import talk
from site_under_test import HQ, LAB


def test_the_same_number_rings_only_in_the_callers_tenant(site, phones):
    in_hq = phones.registered(site.account("1001", HQ, proxy=0))
    in_lab = phones.registered(site.account("1001", LAB, proxy=0))
    calling = phones.registered(site.account("1002", HQ, proxy=1))
    since = time.time()
    calling.dial(f"1001@{HQ}")
    in_hq.wait("CALL_INCOMING")
    in_hq.answer()
    calling.wait("CALL_ESTABLISHED")
    talk(calling, in_hq)
    calling.hang_up()
    in_hq.wait("CALL_CLOSED")

    assert not in_lab.saw("CALL_INCOMING")
    cdr = site.cdr(calling.account.aor, since)
    assert (cdr.caller, cdr.callee) == (f"1002@{HQ}", f"1001@{HQ}")


def test_a_call_to_another_tenants_domain_is_refused(site, phones):
    in_lab = phones.registered(site.account("1001", LAB, proxy=1))
    calling = phones.registered(site.account("1002", HQ, proxy=1))
    since = time.time()
    calling.dial(f"1001@{LAB}")

    assert calling.wait("CALL_CLOSED").param[:3] in ("403", "404")
    assert not in_lab.saw("CALL_INCOMING")
    cdr = site.cdr(calling.account.aor, since)
    assert cdr.outcome in ("failed", "not_found") and not cdr.answered_at_ms


def test_each_tenant_has_its_own_bindings_and_cdrs(site, phones):
    phones.registered(site.account("1003", HQ))
    assert len(site.bindings(f"1003@{HQ}")) == 1
    assert site.bindings(f"1003@{LAB}") == []
    foreign = [
        cdr["caller"]
        for cdr in site.pbxctl("cdr", "list", "--tenant", "lab.north") or []
        if not cdr["caller"].endswith(LAB)
    ]
    assert foreign == []
