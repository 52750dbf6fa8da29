"""Keys: their files, and how they change without an outage."""

from __future__ import annotations

import itertools

import pytest
from devlib.errors import DevError
from devlib.keys import (
    CALLERS,
    KINDS,
    OLD_KEY_SECONDS,
    KeyStore,
    Rotation,
    advance,
    make_cluster_key,
)

STAGES = ["added", "changed", "settled"]


@pytest.fixture
def store(tmp_path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


def makers(store: KeyStore, kind: str) -> list[dict]:
    return [ring[0] for ring in store.load()[kind].rings.values()]


def known(store: KeyStore, kind: str) -> list[dict]:
    return [key for ring in store.load()[kind].rings.values() for key in ring]


def test_keys_are_made_once_and_private(store):
    keys = store.load()
    assert store.load() == keys
    (cluster,) = keys["cluster"].rings["cluster"]
    assert store.cluster_file.read_text() == f"1:{cluster['secret']}\n"
    public = dict(line.split(":") for line in store.callers_file.read_text().split())
    assert set(public) == set(CALLERS)
    for name in CALLERS:
        (key,) = keys["callers"].rings[name]
        assert store.identity_file(name).read_text() == key["private"] + "\n"
        assert public[name] == key["public"]
        assert len(key["private"]) == len(key["public"]) == 43
        assert key["private"] != key["public"]
    assert len(set(public.values())) == len(CALLERS)
    assert all(path.stat().st_mode & 0o077 == 0 for path in store.folder.iterdir())


def test_neighbouring_stages_understand_each_other(store, kind):
    stages = [store.load()[kind]]
    for _ in range(6):
        stages.append(advance(kind, stages[-1]))
    assert [keys.stage for keys in stages] == ["settled", *STAGES, *STAGES]
    for one, other in itertools.pairwise(stages):
        for ring, another in zip(one.rings.values(), other.rings.values(), strict=True):
            assert ring[0] in another
            assert another[0] in ring
    for ring, another in zip(stages[0].rings.values(), stages[3].rings.values(), strict=True):
        assert ring[0] not in another


def test_a_new_key_has_an_id_of_its_own():
    def next_id(*ids: int) -> str:
        return make_cluster_key([{"id": str(number)} for number in ids])["id"]

    assert next_id() == "1"
    assert next_id(1) == "2"
    assert next_id(2, 1) == "3"
    assert next_id(255) == "1"
    assert next_id(255, 1) == "2"


class Restarts:
    """Notes which stage each restart finds in the files; the one at `fail_at` fails."""

    def __init__(self, store: KeyStore, kind: str, fail_at: int = 0) -> None:
        self.store = store
        self.kind = kind
        self.fail_at = fail_at
        self.stages: list[str] = []

    def __call__(self, why: str) -> None:
        self.stages.append(self.store.load()[self.kind].stage)
        if len(self.stages) == self.fail_at:
            raise DevError("a process was not ready")


def test_a_change_waits_for_what_the_old_keys_made(store, kind, monkeypatch):
    old = makers(store, kind)
    other_kind = next(other for other in KINDS if other != kind)
    untouched = store.load()[other_kind]
    restarts, said = Restarts(store, kind), []
    Rotation(store, kind, restarts, said.append).run()
    assert restarts.stages == ["added", "changed"]
    assert not any(key in old for key in makers(store, kind))
    assert all(key in known(store, kind) for key in old)
    assert f"tools/dev rotate-keys {kind}" in said[-1]

    with pytest.raises(DevError, match="are needed for"):
        Rotation(store, kind, restarts, said.append).run()
    since = store.load()[kind].since
    monkeypatch.setattr("devlib.keys.time.time", lambda: since + OLD_KEY_SECONDS[kind])
    Rotation(store, kind, restarts, said.append).run()
    assert restarts.stages == STAGES
    assert not any(key in known(store, kind) for key in old)
    assert store.load()[other_kind] == untouched


def test_at_once_when_it_must_be(store, kind):
    restarts = Restarts(store, kind)
    Rotation(store, kind, restarts).run(now=True)
    assert restarts.stages == STAGES


@pytest.mark.parametrize("fail_at", [1, 2])
def test_what_was_interrupted_goes_on_where_it_stopped(store, kind, fail_at):
    old = makers(store, kind)
    with pytest.raises(DevError):
        Rotation(store, kind, Restarts(store, kind, fail_at)).run(now=True)
    again = Restarts(store, kind)
    Rotation(store, kind, again).run(now=True)
    assert again.stages == STAGES[fail_at - 1 :]
    assert not any(key in known(store, kind) for key in old)
