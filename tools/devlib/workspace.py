"""Where one cluster lives: folders of the checkout, loopback addresses, secrets."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from devlib.errors import DevError
from devlib.files import write_private
from devlib.keys import KeyStore

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_NET = "127.0.0"
SECRETS = (
    "PBX_REDIS_PASSWORD",
    "PBX_POSTGRES_OWNER_PASSWORD",
    "PBX_POSTGRES_PROVISIONING_PASSWORD",
    "PBX_POSTGRES_BILLING_PASSWORD",
)
SIP_PORT = 5060


@dataclass(frozen=True)
class Process:
    """One process of the cluster and where it listens."""

    service: str
    node: str
    address: str
    grpc_port: int
    admin_port: int

    @property
    def grpc(self) -> str:
        return f"{self.address}:{self.grpc_port}"

    @property
    def admin(self) -> str:
        return f"{self.address}:{self.admin_port}"


STREAM_PORT = 55012  # of registrars: where proxies send REGISTERs
# service, how many, last octet of the first one's address, gRPC port, metrics port; in starting order.
LAYOUT = (
    ("provisioning", 1, 31, 55003, 9103),
    ("registrar", 2, 21, 55002, 9102),
    ("proxy", 2, 11, 55001, 9101),
    ("billing", 1, 41, 55004, 9104),
)


class Workspace:
    """One cluster: `state` holds all that it writes, `build` the programs that it runs."""

    def __init__(self, state: Path, build: Path, net: str, *, attached: bool = False) -> None:
        self.state = state
        self.build = build
        self.net = check_net(net)
        self.attached = attached
        self.cache = Path(os.environ.get("PBX_DEV_CACHE") or ROOT / "var" / "cache")

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def etc(self) -> Path:
        return self.state / "etc"

    @property
    def demo_file(self) -> Path:
        return self.state / "demo.json"

    def program(self, name: str) -> Path:
        return self.build / "bin" / name

    def address(self, last: int) -> str:
        return f"{self.net}.{last}"

    @property
    def postgres(self) -> tuple[str, int]:
        return self.address(2), 5432

    @property
    def redis(self) -> tuple[str, int]:
        return self.address(3), 6379

    @property
    def kafka(self) -> tuple[str, int]:
        return self.address(4), 9092

    @cached_property
    def processes(self) -> list[Process]:
        return [
            Process(service, f"{service}-{i + 1}", self.address(first + i), grpc, admin)
            for service, count, first, grpc, admin in LAYOUT
            for i in range(count)
        ]

    def of(self, service: str) -> list[Process]:
        return [process for process in self.processes if process.service == service]

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The cluster's random secrets, made on first use and kept readable by the owner alone."""
        path = self.state / "secrets.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        missing = [name for name in SECRETS if name not in kept]
        if missing:
            kept |= {name: secrets.token_hex(24) for name in missing}
            write_private(path, json.dumps(kept, indent=2) + "\n")
        return kept

    @property
    def keys(self) -> KeyStore:
        """What the services sign and check with; apart from `secrets`, because it changes."""
        return KeyStore(self.state / "keys")

    def make_folders(self) -> None:
        for folder in (self.state, self.run, self.log, self.etc):
            folder.mkdir(parents=True, exist_ok=True)


def open_workspace(state: str = "", build: str = "", net: str = "") -> Workspace:
    """The workspace that flags, PBX_DEV_* variables and what an earlier `up` remembered name."""
    state_dir = Path(state or os.environ.get("PBX_DEV_STATE") or ROOT / "var").resolve()
    remembered = remembered_settings(state_dir)
    wanted_net = net or os.environ.get("PBX_DEV_NET") or remembered.get("net") or DEFAULT_NET
    wanted_build = build or os.environ.get("PBX_DEV_BUILD") or remembered.get("build") or "release"
    return Workspace(state_dir, build_dir(wanted_build), wanted_net)


def build_dir(name: str) -> Path:
    """A preset's name or a folder."""
    return Path(name).resolve() if "/" in name else ROOT / "build" / name


def remember(workspace: Workspace) -> None:
    settings = {"net": workspace.net, "build": str(workspace.build)}
    (workspace.state / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")


def remembered_settings(state: Path) -> dict[str, str]:
    try:
        return json.loads((state / "settings.json").read_text())
    except (OSError, ValueError):
        return {}


def check_net(net: str) -> str:
    """A loopback /24 by its first three octets."""
    parts = net.split(".")
    try:
        ipaddress.IPv4Address(f"{net}.0")
        if len(parts) == 3 and parts[0] == "127":
            return net
    except ValueError:
        pass
    raise DevError(f"'{net}' is not a loopback net: give the first three octets, such as 127.0.7")
