"""The demo: a reseller, two clients with the same extensions, random passwords kept in demo.json."""

from __future__ import annotations

import json
import secrets
import string
from typing import NamedTuple

from devlib.cluster import Cluster
from devlib.errors import DevError
from devlib.files import write_private

RESELLER = "north"
SUFFIX = "pbx.test"
CLIENTS = ("hq", "lab")
EXTENSIONS = tuple(str(number) for number in range(1001, 1011))
DEFAULT_DOMAIN = f"hq.{RESELLER}.{SUFFIX}"
NAMES = (
    "Reception",
    "Grace Hopper",
    "Alan Turing",
    "Emmy Noether",
    "Claude Shannon",
    "Hedy Lamarr",
    "Edsger Dijkstra",
    "Radia Perlman",
    "Donald Davies",
    "Mary Jackson",
)


class Login(NamedTuple):
    user: str
    domain: str
    password: str


class Demo:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._pbxctl = cluster.pbxctl
        self._file = cluster.workspace.demo_file

    def tenants(self) -> list[dict]:
        """`[{"domain": …, "users": [{"extension": …, "password": …}]}]`; empty before seed()."""
        try:
            return json.loads(self._file.read_text())["tenants"]
        except (OSError, ValueError, KeyError):
            return []

    def login(self, who: str) -> Login:
        """`1001@lab.north.pbx.test`, or `1001` for one of hq."""
        extension, _, domain = who.partition("@")
        domain = domain or DEFAULT_DOMAIN
        for tenant in self.tenants():
            for user in tenant["users"]:
                if (user["extension"], tenant["domain"]) == (extension, domain):
                    return Login(extension, domain, user["password"])
        raise DevError(
            f"the demo has no user {extension}@{domain}",
            hint="its logins: tools/dev demo; before that: tools/dev up",
        )

    def seed(self) -> str:
        """Makes what is missing; returns what was done, in words."""
        self._add_missing_tenants()
        kept = {
            tenant["domain"]: {u["extension"]: u["password"] for u in tenant["users"]}
            for tenant in self.tenants()
        }
        tenants, added = [], 0
        for client in CLIENTS:
            domain = f"{client}.{RESELLER}.{SUFFIX}"
            known = {
                user["extension"] for user in self._pbxctl("user", "list", "--domain", domain) or []
            }
            passwords = kept.get(domain, {})
            for extension, name in zip(EXTENSIONS, NAMES):
                if extension in known and extension in passwords:
                    continue
                passwords[extension] = random_password()
                self._give(f"{extension}@{domain}", extension in known, name, passwords[extension])
                added += 1
            users = [{"extension": e, "password": passwords[e]} for e in EXTENSIONS]
            tenants.append({"domain": domain, "users": users})
        write_private(self._file, json.dumps({"tenants": tenants}, indent=2) + "\n")
        return f"{added} users added" if added else "nothing to add"

    def _add_missing_tenants(self) -> None:
        names = {account["name"] for account in self._pbxctl("tenant", "list") or []}
        domains = {domain["name"] for domain in self._pbxctl("domain", "list") or []}
        if RESELLER not in names:
            self._pbxctl("tenant", "add", RESELLER, "--kind", "reseller")
        for client in CLIENTS:
            if client not in names:
                self._pbxctl("tenant", "add", f"{client}.{RESELLER}")
            domain = f"{client}.{RESELLER}.{SUFFIX}"
            if domain not in domains:
                self._pbxctl("domain", "add", domain, "--tenant", f"{client}.{RESELLER}")

    def _give(self, aor: str, exists: bool, name: str, password: str) -> None:
        """A user whose password is not known any more gets a new one."""
        verb = ("set", aor) if exists else ("add", aor, "--name", name)
        self._pbxctl("user", *verb, "--password-stdin", stdin=password + "\n")


def random_password() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
