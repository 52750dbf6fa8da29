"""What a binding is: one identity however its contact is spelled, its own user's, and where it is rung."""

from __future__ import annotations

import os
import signal
import time

import pytest
from deadline import until
from devlib.demo import random_password
from phones.bare import BarePhone, Caller
from phones.raw import RawTcp
from phones.sip import Request
from site_under_test import HQ

NUMBER = "2101"
AOR = f"{NUMBER}@{HQ}"
SPELLINGS = {
    "capitals": "<SIP:%s@{local}>" % NUMBER,
    "escaped": "<sip:%32101@{local};B=x;a=Y>",
    "headers": "<sip:%s@{local}?Subject=x>" % NUMBER,
}


@pytest.fixture
def owner(site):
    """A fresh user; gone afterwards, with whoever has the number then. Gives the password."""
    password = random_password()
    add_user(site, password)
    yield password
    if site.bindings(AOR):
        site.pbxctl("binding", "remove", AOR, "--yes")
    site.pbxctl("user", "remove", AOR, "--yes")


def add_user(site, password: str) -> None:
    site.pbxctl("user", "add", AOR, "--password-stdin", stdin=password + "\n")


@pytest.fixture
def phone(site):
    with BarePhone(site.proxies[0], NUMBER, HQ, site.address(180)) as phone:
        yield phone


@pytest.fixture
def caller(site):
    with Caller(site, "1001", HQ, site.address(181)) as caller:
        yield caller


def signed_in(site, phone: BarePhone, contact: str, password: str) -> None:
    """Registers as soon as the user is known; the binding is there afterwards."""
    until(lambda: phone.register(contact, password).code == 200, "the registration")
    assert len(site.bindings(AOR)) == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("how", ["password", "suspension", "removal", "operator"])
def test_a_binding_goes_however_its_contact_is_spelled(site, owner, phone, spelling, how):
    signed_in(site, phone, SPELLINGS[spelling].format(local=phone.hears.local), owner)
    if how == "password":
        site.pbxctl("user", "set", AOR, "--password-stdin", stdin=random_password() + "\n")
    elif how == "suspension":
        site.pbxctl("user", "set", AOR, "--suspend")
    elif how == "removal":
        site.pbxctl("user", "remove", AOR, "--yes")
        add_user(site, random_password())  # only a user's bindings can be shown
    else:
        plain = f"sip:{NUMBER}@{phone.hears.local}" + (";a=y;b=x" if spelling == "escaped" else "")
        site.pbxctl("binding", "remove", AOR, "--contact", plain, "--yes")
    until(lambda: site.bindings(AOR) == [], "the end of the binding", timeout=5)


def test_the_next_owner_of_a_number_is_not_rung_at_the_old_phone(site, owner, phone, caller):
    signed_in(site, phone, SPELLINGS["capitals"].format(local=phone.hears.local), owner)
    site.pbxctl("user", "remove", AOR, "--yes")
    add_user(site, random_password())
    since = time.time()
    codes = calls_until_known(caller)
    assert (codes[-1], phone.is_silent()) == (480, True)
    site.cdrs(f"1001@{HQ}", since, len(codes))


def calls_until_known(caller: Caller) -> list[int]:
    """How the calls end; a number that was just given again may be unknown for a moment."""
    codes: list[int] = []
    until(lambda: codes.append(caller.outcome(caller.dial(NUMBER))) or codes[-1] != 404, "the user")
    return codes


def test_a_binding_of_another_user_is_not_rung_while_nobody_takes_it_away(
    site, owner, phone, caller
):
    """The registrars sleep while the number changes hands."""
    signed_in(site, phone, f"<sip:{NUMBER}@{phone.hears.local}>", owner)
    registrars = [
        pid for process, pid in site.cluster.processes() if process.service == "registrar" and pid
    ]
    assert len(registrars) == 2
    since = time.time()
    try:
        for pid in registrars:
            os.kill(pid, signal.SIGSTOP)
        site.pbxctl("user", "remove", AOR, "--yes")
        add_user(site, random_password())
        codes = calls_until_known(caller)
        silent = phone.is_silent()
    finally:
        for pid in registrars:
            os.kill(pid, signal.SIGCONT)
    assert (codes[-1], silent) == (480, True)
    site.cdrs(f"1001@{HQ}", since, len(codes))
    until(lambda: site.bindings(AOR) == [], "the end of the old binding")


@pytest.mark.parametrize("node", [0, 1])
def test_uri_headers_of_a_contact_are_listed_and_never_called(site, owner, phone, node):
    """The phone is at the first node; its caller at either."""
    contact = SPELLINGS["headers"].format(local=phone.hears.local)
    signed_in(site, phone, contact, owner)
    answer = phone.register(contact, owner)
    assert [value.split(";expires")[0] for value in answer.all("contact")] == [contact]
    since = time.time()
    with Caller(site, "1002", HQ, site.address(182), proxy=node) as caller:
        invite = caller.dial(NUMBER)
        rung = phone.rung()
        assert rung is not None
        assert rung.start == f"INVITE sip:{NUMBER}@{phone.hears.local} SIP/2.0"
        assert caller.outcome(invite) == 486
    site.cdr(f"1002@{HQ}", since)


def test_a_sips_contact_is_refused_without_tls(site, owner, phone):
    contact = f"<sips:{NUMBER}@{phone.hears.local}>"
    answer = until(
        lambda: (a := phone.register(contact, owner)).code != 401 and a, "the user at the registrar"
    )
    assert answer.start == "SIP/2.0 400 A sips Contact Needs TLS"
    with RawTcp(site.address(183), site.proxies[1]) as client:
        aor = f"sip:{AOR}"
        request = Request(
            "REGISTER", f"sip:{HQ}", aor, aor, client.local, "TCP", headers={"Expires": "60"}
        )
        request.contact = f"<sips:{NUMBER}@{client.local}>"
        request.answer_challenge(client.ask(request), NUMBER, owner)
        assert client.ask(request).start == "SIP/2.0 400 A sips Contact Needs TLS"
    assert site.bindings(AOR) == []


@pytest.mark.parametrize("node", [0, 1])
def test_a_phone_that_sends_from_another_port_is_rung_where_it_listens(site, owner, node):
    """As Cisco's 79xx do."""
    with BarePhone(site.proxies[0], NUMBER, HQ, site.address(184), listen=5062) as phone:
        assert phone.sends.local != phone.hears.local
        signed_in(site, phone, f"<sip:{NUMBER}@{phone.hears.local}>", owner)
        rings(site, phone, phone.hears, node)


@pytest.mark.parametrize("node", [0, 1])
def test_a_phone_behind_nat_is_rung_where_it_sent_from(site, owner, phone, node):
    signed_in(site, phone, f"<sip:{NUMBER}@192.168.77.9:5062>", owner)
    rings(site, phone, phone.sends, node)


def test_a_phone_that_keeps_its_flow_up_is_rung_over_it(site, owner):
    """RFC 5626: it asks for Outbound, and where it listens is of no matter."""
    with BarePhone(site.proxies[0], NUMBER, HQ, site.address(185), listen=5062) as phone:
        contact = f'<sip:{NUMBER}@{phone.hears.local}>;+sip.instance="<urn:uuid:1>";reg-id=1'
        outbound = {"Supported": "path, outbound"}
        until(
            lambda: phone.register(contact, owner, headers=outbound).code == 200, "the registration"
        )
        rings(site, phone, phone.sends, 0)


def rings(site, phone: BarePhone, at, node: int) -> None:
    since = time.time()
    with Caller(site, "1002", HQ, site.address(182), proxy=node) as caller:
        invite = caller.dial(NUMBER)
        assert phone.rung(at) is not None
        assert caller.outcome(invite) == 486
    site.cdr(f"1002@{HQ}", since)
