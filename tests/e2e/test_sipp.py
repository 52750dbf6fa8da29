"""SIPp, caller and callee, with digest."""

from __future__ import annotations

import time

import pytest
from phones import sipp
from site_under_test import HQ


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_uac_calls_uas(site, tmp_path, transport):
    """The callee is on UDP: SIPp cannot keep the connection that it registered over."""
    caller, callee = site.address(150), site.address(151)
    login = {"domain": HQ, "folder": tmp_path}
    one = {
        "user": "1007",
        "password": site.password("1007"),
        "local": caller,
        "proxy": site.proxies[0],
        "transport": transport,
    }
    other = {
        "user": "1008",
        "password": site.password("1008"),
        "local": callee,
        "proxy": site.proxies[1],
    }
    sipp.play("register", **login, **other)
    assert len(site.bindings(f"1008@{HQ}")) == 1

    since = time.time()
    with sipp.Sipp("uas", **login, **other) as answering:
        sipp.play("uac", callee="1008", **login, **one)
        answering.wait()
    site.forget_bindings()

    cdr = site.cdr(f"1007@{HQ}", since)
    assert (cdr.callee, cdr.outcome, cdr.hung_up_by) == (f"1008@{HQ}", "answered", "caller")
    assert 400 <= cdr.duration_ms <= 5000


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_registers(site, tmp_path, transport):
    login = {"domain": HQ, "folder": tmp_path, "transport": transport}
    who = {
        "user": "1008",
        "password": site.password("1008"),
        "local": site.address(154),
        "proxy": site.proxies[0],
    }
    sipp.play("register", **login, **who)
    assert [binding["source"] for binding in site.bindings(f"1008@{HQ}")] == [
        f"{site.address(154)}:5060;{transport}"
    ]
    site.forget_bindings()


def test_ten_calls_at_once_have_ten_cdrs(site, tmp_path):
    caller, callee = site.address(152), site.address(153)
    login = {"domain": HQ, "folder": tmp_path}
    one = {
        "user": "1009",
        "password": site.password("1009"),
        "local": caller,
        "proxy": site.proxies[1],
    }
    other = {
        "user": "1010",
        "password": site.password("1010"),
        "local": callee,
        "proxy": site.proxies[0],
    }
    sipp.play("register", **login, **other)

    since = time.time()
    with sipp.Sipp("uas", calls=10, **login, **other) as answering:
        sipp.play("uac", callee="1010", calls=10, **login, **one)
        answering.wait()
    site.forget_bindings()

    cdrs = site.cdrs(f"1009@{HQ}", since, 10)
    assert {cdr.outcome for cdr in cdrs} == {"answered"}
    assert len({cdr.sip_call_id for cdr in cdrs}) == 10
