"""Every process is replaced under calls, one after the other, and so are the keys that they share."""

from __future__ import annotations

import pytest
from calls import CallLoad
from devlib.pbxctl import PbxctlRefused
from scale import SCALE


def none_failed(site, books) -> None:
    print(books)
    assert books.failed == 0
    assert books.ended == books.answered
    books.check(site)


def test_a_rolling_restart_fails_no_call(site, tmp_path):
    with CallLoad(site, tmp_path) as load:
        load.run(SCALE.calm)
        for process in list(site.workspace.processes):
            site.cluster.restart(process.node)
            load.run(SCALE.calm)
        books = load.finish()
    none_failed(site, books)


@pytest.mark.parametrize("kind", ["callers", "cluster"])
def test_a_change_of_keys_fails_no_call(site, tmp_path, kind):
    old = {name: ring[0] for name, ring in site.workspace.keys.load()[kind].rings.items()}
    rotation = site.cluster.rotation(kind)
    with CallLoad(site, tmp_path / "while") as load:
        load.run(SCALE.calm)
        rotation.change()
        load.run(SCALE.calm)
        books = load.finish()
    none_failed(site, books)

    # What the old keys made is gone with these calls and the phones' registrations, which begin anew.
    with CallLoad(site, tmp_path / "after") as load:
        load.run(SCALE.calm)
        rotation.finish()
        load.run(SCALE.calm)
        books = load.finish()
    none_failed(site, books)
    now = [key for ring in site.workspace.keys.load()[kind].rings.values() for key in ring]
    assert len(now) == len(old)
    assert not any(key in now for key in old.values())


def test_an_old_key_opens_nothing(site):
    old = site.workspace.keys.identity_file("operator").read_text().strip()
    assert site.pbxctl("node", "list")
    site.cluster.rotation("callers").run(now=True)
    assert site.pbxctl("node", "list")
    with pytest.raises(PbxctlRefused, match="does not accept the identity"):
        site.pbxctl("node", "list", environment={"PBX_IDENTITY_KEY": old})
