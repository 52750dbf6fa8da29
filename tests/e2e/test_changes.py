"""What an operator changes counts on both proxies within a second, without a restart."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from deadline import until
from devlib.demo import random_password
from phones.raw import RawUdp
from site_under_test import HQ
from test_refusals import register

WITHIN = 1.0  # seconds


@pytest.fixture
def user(site):
    """A fresh user of hq, its password made by the test; gone afterwards."""
    aor, password = f"2001@{HQ}", random_password()
    site.pbxctl("user", "add", aor, "--password-stdin", stdin=password + "\n")
    yield aor, password
    site.pbxctl("user", "remove", aor, "--yes")


def signs_in(site, proxy: str, user: str, password: str) -> bool:
    with RawUdp(site.address(190)) as client:
        return register(client, proxy, user, HQ, password)[1].code == 200


def on_both_within_a_second(site, true: Callable[[str], bool], what: str) -> None:
    changed = time.monotonic()
    for proxy in site.proxies:
        left = WITHIN - (time.monotonic() - changed)
        until(lambda: true(proxy), f"{what} at {proxy}", timeout=max(left, 0.05))


def test_a_new_user_registers(site, user):
    aor, password = user
    on_both_within_a_second(
        site, lambda proxy: signs_in(site, proxy, "2001", password), "the new user"
    )
    site.pbxctl("binding", "remove", aor, "--yes")


def test_a_changed_password_counts_and_the_old_one_does_not(site, user):
    aor, old = user
    on_both_within_a_second(
        site, lambda proxy: signs_in(site, proxy, "2001", old), "the first password"
    )
    new = random_password()
    site.pbxctl("user", "set", aor, "--password-stdin", stdin=new + "\n")
    on_both_within_a_second(
        site, lambda proxy: signs_in(site, proxy, "2001", new), "the new password"
    )
    assert not any(signs_in(site, proxy, "2001", old) for proxy in site.proxies)
    site.pbxctl("binding", "remove", aor, "--yes")


def test_a_suspended_user_is_out_and_a_resumed_one_back(site, user):
    aor, password = user
    on_both_within_a_second(
        site, lambda proxy: signs_in(site, proxy, "2001", password), "the new user"
    )
    site.pbxctl("user", "set", aor, "--suspend")
    on_both_within_a_second(
        site, lambda proxy: not signs_in(site, proxy, "2001", password), "the suspension"
    )
    site.pbxctl("user", "set", aor, "--resume")
    on_both_within_a_second(
        site, lambda proxy: signs_in(site, proxy, "2001", password), "the end of it"
    )
    site.pbxctl("binding", "remove", aor, "--yes")


def test_a_removed_device_is_out_and_its_registration_ends(site, user):
    aor, _ = user
    made = site.pbxctl("device", "add", "reception", "--user", aor)
    login, password = made["device"]["credential"]["username"], made["password"]

    def device_signs_in(proxy: str) -> bool:
        with RawUdp(site.address(191)) as client:
            return register_device(client, proxy, login, password) == 200

    on_both_within_a_second(site, device_signs_in, "the new device")
    assert len(site.bindings(aor)) >= 1
    site.pbxctl("device", "remove", f"reception@{HQ}")
    on_both_within_a_second(site, lambda proxy: not device_signs_in(proxy), "the removal")
    until(lambda: site.bindings(aor) == [], "the end of the device's registration")


def register_device(client, proxy: str, login: str, password: str) -> int:
    """A device registers its user's address with its own name and password."""
    from phones.sip import Request

    aor = f"sip:2001@{HQ}"
    request = Request(
        "REGISTER", f"sip:{HQ}", aor, aor, client.local, client.transport, headers={"Expires": "60"}
    )
    request.answer_challenge(client.ask(request, proxy), login, password)
    return client.ask(request, proxy).code
