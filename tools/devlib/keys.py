"""The cluster's keys, and how they change without an outage.

Two kinds: `cluster`, the ring of which nonces, tokens of calls and tags are made; `callers`, a signing key for each who calls
other services. All is kept in `keys/state.json`; the other files of that folder are written from it for the processes, which
read them when they start. In each ring the first key makes what others check, and all are good for checking.
"""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from devlib.errors import DevError
from devlib.files import write_private

KINDS = ("callers", "cluster")
# Who calls others. Each service that is called knows the public keys of all of them.
CALLERS = ("proxy", "operator")
# How long something lives that an old key has made. Callers: a token, and what clocks may differ. Cluster: by the
# services' defaults a call, and the tag in a phone's binding.
OLD_KEY_SECONDS = {"callers": 90, "cluster": 24 * 3600}
LARGEST_ID = 255

# A change goes through these stages. All processes must have come to one before the next begins, because each must
# understand what the others make.
#   settled   one key
#   added     the new key is known, the old one makes
#   changed   the new key makes, the old one is known
SETTLED, ADDED, CHANGED = "settled", "added", "changed"
_WHY = {
    SETTLED: "without the old keys",
    ADDED: "with the new keys to check",
    CHANGED: "with the new keys to make",
}

Key = dict[str, str]


@dataclass
class Keys:
    """One kind: rings by name. `stage` is that of the files; `since` is when all processes had come to it, 0 while they are on
    their way."""

    rings: dict[str, list[Key]] = field(default_factory=dict)
    stage: str = SETTLED
    since: float = 0.0


def make_cluster_key(ring: list[Key]) -> Key:
    """A random key with an id that no key of the ring has."""
    taken = {int(key["id"]) for key in ring}
    number = max(taken, default=0)
    while number in taken or number == 0:
        number = number % LARGEST_ID + 1
    return {"id": str(number), "secret": secrets.token_hex(24)}


def make_signing_key(_: list[Key]) -> Key:
    """A pair by the openssl program: the last 32 bytes of each DER form are the key itself."""
    private = _openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER")
    public = _openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", given=private)
    return {"private": _base64url(private[-32:]), "public": _base64url(public[-32:])}


_MAKERS = {"callers": make_signing_key, "cluster": make_cluster_key}


def advance(kind: str, keys: Keys) -> Keys:
    """The next stage of a change."""
    rings = keys.rings.items()
    if keys.stage == SETTLED:
        return Keys({name: [*ring, _MAKERS[kind](ring)] for name, ring in rings}, ADDED)
    if keys.stage == ADDED:
        return Keys({name: ring[::-1] for name, ring in rings}, CHANGED)
    return Keys({name: ring[:1] for name, ring in rings}, SETTLED)


class KeyStore:
    """The files. Only their owner can read them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def cluster_file(self) -> Path:
        return self.folder / "cluster"

    @property
    def callers_file(self) -> Path:
        return self.folder / "callers"

    def identity_file(self, caller: str) -> Path:
        return self.folder / caller

    def load(self) -> dict[str, Keys]:
        """The keys by kind; what is missing is made."""
        path = self.folder / "state.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        keys = {kind: Keys(**kept.get(kind, {})) for kind in KINDS}
        complete = True
        for kind, names in (("callers", CALLERS), ("cluster", ("cluster",))):
            for name in names:
                if name not in keys[kind].rings:
                    keys[kind].rings[name] = [_MAKERS[kind]([])]
                    complete = False
        if not complete:
            self._write_all(keys)
        return keys

    def save(self, kind: str, keys: Keys) -> None:
        self._write_all(self.load() | {kind: keys})

    def _write_all(self, keys: dict[str, Keys]) -> None:
        self._write("state.json", json.dumps({k: asdict(v) for k, v in keys.items()}, indent=2))
        ring = keys["cluster"].rings["cluster"]
        self._write("cluster", ",".join(f"{key['id']}:{key['secret']}" for key in ring))
        callers = keys["callers"].rings
        public = [f"{name}:{key['public']}" for name, ring in callers.items() for key in ring]
        self._write("callers", "\n".join(public))
        for name, ring in callers.items():
            self._write(name, ring[0]["private"])

    def _write(self, name: str, text: str) -> None:
        write_private(self.folder / name, text + "\n")


class Rotation:
    """Changes the keys of one kind, or goes on with a change that was begun or interrupted. `restart_all(why)` restarts every
    process, one after the other, each ready before the next."""

    def __init__(
        self,
        store: KeyStore,
        kind: str,
        restart_all: Callable[[str], None],
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._kind = kind
        self._restart_all = restart_all
        self._say = say

    def run(self, *, now: bool = False) -> None:
        """`now`: does not wait until what the old keys have made is gone."""
        begun_before = self._keys().stage == CHANGED
        self.change()
        wait = self.old_key_is_needed_for()
        if wait and not now and begun_before:
            raise DevError(
                f"the old {self._kind} keys are needed for {_time(wait)} more",
                hint="wait, or with --now: calls and registrations that they made are then lost",
            )
        if wait and not now:
            self._say(
                f"The new {self._kind} keys make all that is new; the old ones stay good for what they "
                f"made. In {_time(wait)} end the change: tools/dev rotate-keys {self._kind}"
            )
            return
        self.finish()
        self._say(f"The old {self._kind} keys are gone.")

    def change(self) -> None:
        """Until the new keys make and the old ones are still known."""
        keys = self._keys()
        if keys.stage != SETTLED and not keys.since:
            keys = self._arrive(keys)
        while keys.stage != CHANGED:
            keys = self._arrive(advance(self._kind, keys))

    def finish(self) -> None:
        """The old ones go."""
        self._arrive(advance(self._kind, self._keys()))

    def old_key_is_needed_for(self) -> float:
        """Seconds."""
        return max(0.0, self._keys().since + OLD_KEY_SECONDS[self._kind] - time.time())

    def _keys(self) -> Keys:
        return self._store.load()[self._kind]

    def _arrive(self, keys: Keys) -> Keys:
        keys.since = 0.0
        self._store.save(self._kind, keys)
        self._restart_all(_WHY[keys.stage])
        keys.since = time.time()
        self._store.save(self._kind, keys)
        return keys


def _time(seconds: float) -> str:
    whole = -int(-seconds // 1)
    return f"{whole} s" if whole < 600 else f"{-(-whole // 3600)} h"


def _openssl(*words: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(["openssl", *words], input=given, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DevError(f"openssl {words[0]}: {error}", hint="tools/install_deps.sh run") from None
    return done.stdout


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
