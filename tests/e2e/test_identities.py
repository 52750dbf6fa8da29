"""Who may ask the running services what: their own keys, and scopes that are signed."""

from __future__ import annotations

import pytest
from devlib.pbxctl import PbxctlRefused
from site_under_test import HQ, LAB

# Questions that one service answers by itself. (All methods of all services: tests/integration.)
QUESTIONS = {
    "provisioning": ("tenant", "list"),
    "proxy": ("node", "list"),
    "billing": ("cdr", "list", "--limit", "1"),
}


def private_key(site, caller: str) -> str:
    return site.workspace.keys.identity_file(caller).read_text().strip()


@pytest.mark.parametrize("service", QUESTIONS)
def test_a_stolen_key_of_a_service_is_no_operators_key(site, service):
    site.pbxctl(*QUESTIONS[service])
    with pytest.raises(PbxctlRefused, match=r"does not accept the identity"):
        site.pbxctl(
            *QUESTIONS[service], environment={"PBX_IDENTITY_KEY": private_key(site, "proxy")}
        )


def test_keys_are_nowhere_but_in_their_files(site):
    """Neither in a configuration, nor in a process' environment or arguments, nor in a log."""
    keys = site.workspace.keys
    secrets = [private_key(site, "proxy"), private_key(site, "operator")]
    secrets += [part.split(":")[1] for part in keys.cluster_file.read_text().strip().split(",")]
    places = [*site.workspace.etc.iterdir(), *site.workspace.log.iterdir()]
    for _, pid in site.cluster.processes():
        places += [f"/proc/{pid}/environ", f"/proc/{pid}/cmdline"]
    for place in places:
        with open(place, "rb") as file:
            found = file.read()
        assert not any(secret.encode() in found for secret in secrets), place


def test_a_scope_narrows_what_is_seen_of_phones(site, phones):
    phones.registered(site.account("1001", HQ))
    phones.registered(site.account("1001", LAB))

    def users(*words: str) -> set[str]:
        return {aor["aor"] for aor in site.pbxctl("binding", "list", *words) or []}

    assert users() >= {f"1001@{HQ}", f"1001@{LAB}"}
    assert users("--scope", "hq.north") == {f"1001@{HQ}"}
    assert users("--scope", "lab.north") == {f"1001@{LAB}"}
    with pytest.raises(PbxctlRefused, match="there is no"):
        site.pbxctl("binding", "remove", f"1001@{LAB}", "--scope", "hq.north")
    assert users("--scope", "lab.north") == {f"1001@{LAB}"}
