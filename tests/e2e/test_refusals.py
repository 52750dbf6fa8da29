"""Strangers and guessers learn nothing and reach nobody."""

from __future__ import annotations

import pytest
from phones.raw import RawTcp, RawUdp
from phones.sip import Message, Request
from site_under_test import HQ

UNKNOWN_DOMAIN = "nowhere.example.org"


def register(client, proxy: str, user: str, domain: str, password: str) -> tuple[Message, Message]:
    """A REGISTER without and then with credentials; both answers."""
    aor = f"sip:{user}@{domain}"
    request = Request(
        "REGISTER",
        f"sip:{domain}",
        aor,
        aor,
        client.local,
        client.transport,
        headers={"Expires": "60"},
    )
    challenge = client.ask(request, proxy)
    if challenge.code != 401:
        return challenge, challenge
    request.answer_challenge(challenge, user, password)
    return challenge, client.ask(request, proxy)


@pytest.fixture(params=["udp", "tcp"])
def client(request, site):
    made = (
        RawUdp(site.address(170))
        if request.param == "udp"
        else RawTcp(site.address(170), site.proxies[0])
    )
    with made:
        yield made


def test_the_right_password_registers(site, client):
    challenge, answer = register(client, site.proxies[0], "1001", HQ, site.password("1001"))
    assert (challenge.code, answer.code) == (401, 200)
    site.forget_bindings()


def test_md5_is_offered_first_and_sha256_too(site, client):
    challenge, _ = register(client, site.proxies[0], "1001", HQ, "wrong")
    algorithms = [
        "SHA-256" if "SHA-256" in value else "MD5" for value in challenge.all("www-authenticate")
    ]
    assert algorithms == ["MD5", "SHA-256"]


def test_wrong_password_unknown_user_and_unknown_domain_look_alike(site, client):
    wrong, user, domain = (
        register(client, site.proxies[0], *who)
        for who in (("1001", HQ, "wrong"), ("9999", HQ, "wrong"), ("1001", UNKNOWN_DOMAIN, "wrong"))
    )
    assert wrong[0].code == 401 and wrong[1].code in (401, 403)
    for other in (user, domain):
        assert [answer.shape for answer in other] == [answer.shape for answer in wrong]


def test_refusals_of_registrations_are_told_apart_only_by_metrics(site, client):
    def counts() -> dict[str, float]:
        sums: dict[str, float] = {}
        for node in ("registrar-1", "registrar-2", "proxy-1", "proxy-2"):
            for name in ("pbx_proxy_refused_total", "pbx_registrar_refused_total"):
                for reason, value in site.metrics(node).labels(name, "reason").items():
                    sums[reason] = sums.get(reason, 0) + value
        return sums

    before = counts()
    register(client, site.proxies[0], "1001", HQ, "wrong")
    register(client, site.proxies[0], "9999", HQ, "wrong")
    after = counts()
    assert {reason for reason in after if after[reason] > before.get(reason, 0)} & {
        "bad_password",
        "wrong_password",
    }
    assert after.get("unknown_user", 0) > before.get("unknown_user", 0)


@pytest.mark.parametrize("target", ["sip:victim@{listener}", "sip:1001@elsewhere.example.org"])
def test_a_strangers_invite_to_a_foreign_domain_is_not_relayed(site, client, target):
    with RawUdp(site.address(171), 5060) as listener:
        uri = target.format(listener=listener.local)
        invite = Request(
            "INVITE", uri, "sip:stranger@elsewhere.example.org", uri, client.local, client.transport
        )
        answer = client.ask(invite, site.proxies[0])
        assert 400 <= answer.code < 500
        assert listener.receive(timeout=0) is None


def test_a_users_invite_to_a_foreign_domain_is_not_relayed(site, client):
    """Not even with good credentials: there is no route out of the platform yet."""
    with RawUdp(site.address(171), 5060) as listener:
        uri = f"sip:victim@{listener.local}"
        invite = Request("INVITE", uri, f"sip:1001@{HQ}", uri, client.local, client.transport)
        answer = client.ask(invite, site.proxies[0])
        if answer.code == 407:
            invite.answer_challenge(answer, "1001", site.password("1001"))
            answer = client.ask(invite, site.proxies[0])
        assert 400 <= answer.code < 500 and answer.code != 407
        assert listener.receive(timeout=0) is None


def test_a_call_without_credentials_or_with_wrong_ones_is_challenged(site, client):
    invite = Request(
        "INVITE",
        f"sip:1002@{HQ}",
        f"sip:1001@{HQ}",
        f"sip:1002@{HQ}",
        client.local,
        client.transport,
    )
    answer = client.ask(invite, site.proxies[0])
    assert answer.code == 407
    invite.answer_challenge(answer, "1001", "wrong")
    assert client.ask(invite, site.proxies[0]).code in (403, 407)


def test_nobody_calls_in_another_users_name(site, client):
    invite = Request(
        "INVITE",
        f"sip:1002@{HQ}",
        f"sip:1003@{HQ}",
        f"sip:1002@{HQ}",
        client.local,
        client.transport,
    )
    answer = client.ask(invite, site.proxies[0])
    invite.answer_challenge(answer, "1001", site.password("1001"))
    assert client.ask(invite, site.proxies[0]).code == 403
