"""Phones behind a real NAT: a cluster in a namespace of its own, a box that translates, a home behind it."""

from __future__ import annotations

import time
from contextlib import ExitStack

import netns
import pytest
from phones.bare import BarePhone, Caller
from site_under_test import HQ, Site

HOME = "192.168.77"
BOX, PUBLIC = "203.0.113.2", "203.0.113.1{number}"  # of proxy 1 and 2
TRANSLATED = range(40000, 41000)


@pytest.fixture(scope="module")
def world(binary_dir, tmp_path_factory):
    """The cluster and the home's namespace; within it the test runs where the cluster is."""
    if reason := netns.missing():
        pytest.skip(reason)
    with ExitStack() as stack:
        internet, box, home = (stack.enter_context(netns.Namespace()) for _ in range(3))
        internet.cable("wan0", "203.0.113.1/24", box, "wan1", f"{BOX}/24")
        box.cable("lan0", f"{HOME}.1/24", home, "lan1", f"{HOME}.2/24")
        home.run("ip", "route", "add", "default", "via", f"{HOME}.1")
        box.set("net.ipv4.ip_forward", "1")
        box.run("nft", "-f", "-", stdin=translate(TRANSLATED))
        stack.enter_context(internet.inside())
        site = Site(binary_dir, tmp_path_factory.mktemp("behind-nat"))
        stack.callback(site.stop)
        publish(internet, site)
        site.start()
        yield site, home


def translate(ports: range) -> str:
    """What leaves by the box' outer side has its address and one of `ports`."""
    return nat_chain(
        "postrouting",
        [f"oifname wan1 meta l4proto udp masquerade to :{ports.start}-{ports.stop - 1}"],
    )


def nat_chain(hook: str, rules: list[str]) -> str:
    """A file for nft."""
    lines = [f"type nat hook {hook} priority 0;", *rules]
    return "\n".join(["table ip nat {", "chain it {", *lines, "}", "}", ""])


def publish(internet: netns.Namespace, site: Site) -> None:
    """The proxies' loopback addresses are reached from outside by public ones."""
    internet.set("net.ipv4.conf.wan0.route_localnet", "1")
    rules = []
    for number, proxy in enumerate(site.proxies, start=1):
        public = PUBLIC.format(number=number)
        internet.run("ip", "address", "add", f"{public}/24", "dev", "wan0")
        rules.append(f"ip daddr {public} dnat to {proxy}")
    internet.run("nft", "-f", "-", stdin=nat_chain("prerouting", rules))


def binding_of(site: Site, number: str) -> str:
    bindings = site.bindings(f"{number}@{HQ}")
    assert len(bindings) == 1
    return bindings[0]["source"].partition(";")[0]


def test_phones_behind_one_nat_are_rung_each_where_it_sent_from(world):
    """Both know only their private address, which is the same for both but for the port."""
    site, home = world
    with ExitStack() as stack:
        phones = {}
        for proxy, number in ((1, "1003"), (2, "1004")):
            with home.inside():
                phones[number] = stack.enter_context(
                    BarePhone(
                        PUBLIC.format(number=proxy), number, HQ, f"{HOME}.2", port=5060 + proxy
                    )
                )
            contact = f"<sip:{number}@{phones[number].hears.local}>"
            assert phones[number].register(contact, site.password(number)).code == 200
            address, _, port = binding_of(site, number).partition(":")
            assert address == BOX and int(port) in TRANSLATED
        for number, phone in phones.items():
            for node in (0, 1):
                since = time.time()
                with Caller(site, "1001", HQ, site.address(181), proxy=node) as caller:
                    invite = caller.dial(number)
                    rung = phone.rung()
                    assert rung is not None, f"{number} was not rung through proxy {node + 1}"
                    assert rung.start == f"INVITE sip:{number}@{phone.hears.local} SIP/2.0"
                    assert caller.outcome(invite) == 486
                site.cdr(f"1001@{HQ}", since)
