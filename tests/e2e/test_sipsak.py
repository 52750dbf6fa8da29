"""sipsak: is the server there, can a user register."""

from __future__ import annotations

import pytest
from phones import sipsak
from site_under_test import HQ


@pytest.mark.parametrize("proxy", [0, 1])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_options_to_a_proxy_is_answered(site, proxy, transport):
    answer = sipsak.options(f"sip:{site.proxies[proxy]}:5060", transport=transport)
    assert answer.ok, answer.text
    assert "200 OK" in answer.text


@pytest.mark.parametrize("proxy", [0, 1])
def test_registers_with_digest(site, proxy):
    password = site.password("1004")
    contact = f"sip:1004@{site.address(160)}:5060"
    answer = sipsak.register(f"1004@{HQ}", password, contact, proxy=site.proxies[proxy])
    assert answer.ok, answer.text
    assert [binding["contact"] for binding in site.bindings(f"1004@{HQ}")] == [contact]
    site.forget_bindings()


def test_a_wrong_password_does_not_register(site):
    answer = sipsak.register(
        f"1004@{HQ}", "wrong", f"sip:1004@{site.address(160)}", proxy=site.proxies[0]
    )
    assert not answer.ok
    assert site.bindings(f"1004@{HQ}") == []
