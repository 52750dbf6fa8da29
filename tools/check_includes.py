#!/usr/bin/python3
"""Checks that #include lines keep to the layers of the project.

  tools/check_includes.py [FOLDER]      the whole tree, or another one of the same shape

1. A service never includes another service: services meet only through proto/.
2. A library includes libraries of its own layer or a lower one (LAYER in its CMakeLists.txt).
3. A service's domain/ includes itself, the service's metrics, libraries of the core, protocol and
   telemetry layers, generated messages (not gRPC) and protobuf, the standard library,
   <boost/asio/awaitable.hpp> and <arpa/inet.h> (for inet_pton).
4. A vendor's headers are included in its one adapter only (VENDORS below). Tests are free.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

LAYERS = ("core", "protocol", "telemetry", "adapter", "runtime", "service")
DOMAIN_LAYERS = LAYERS[:3]
# awaitable: ports return it; protobuf: messages and their JSON; inet.h: inet_pton, text to address.
DOMAIN_EXTRA = ("boost/asio/awaitable.hpp", "google/protobuf/", "arpa/inet.h")
SOURCES = (".hpp", ".cpp", ".h", ".cc")

# Header prefix: the only places that may include it.
VENDORS = {
    "hiredis/": ("libs/redis/*",),
    "librdkafka/": ("libs/kafka/*",),
    "pqxx/": ("libs/postgres/*", "services/*/adapters/postgres_*"),
    "grpcpp/": (
        "libs/rpc/*",
        "services/*/fronts/grpc_*",
        "services/*/adapters/*_client*",
        "tools/pbxctl/*",
    ),
    "grpc/": ("libs/rpc/*", "tools/pbxctl/*"),
    "boost/beast": ("libs/http/*", "libs/runtime/*"),
    "spdlog/": ("libs/telemetry/*",),
    "CLI/": ("libs/runtime/*", "tools/pbxctl/*", "services/provisioning/migrate*"),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LAYER = re.compile(r"(?:pbx_library\([^)]*?\bLAYER|pbx_set_layer\(\w+)\s+(\w+)", re.S)


@dataclass(frozen=True)
class Include:
    file: str  # from the root of the tree, with slashes
    line: int
    header: str
    system: bool  # <header>

    @property
    def owner(self) -> str:
        """The first folder of the header's path: a library, a service or a vendor."""
        return self.header.partition("/")[0]


class Tree:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.services = {p.name for p in (root / "services").glob("*") if p.is_dir()}
        self.layers = dict(self._library_layers())

    def _library_layers(self) -> Iterator[tuple[str, str]]:
        for file in (self.root / "libs").glob("*/CMakeLists.txt"):
            found = LAYER.search(file.read_text())
            if found:
                yield file.parent.name, found[1]

    def includes(self) -> Iterator[Include]:
        for top in ("libs", "services", "tools"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in SOURCES and path.is_file():
                    yield from self._of(path)

    def _of(self, path: Path) -> Iterator[Include]:
        name = path.relative_to(self.root).as_posix()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                yield Include(name, number, found[2], found[1] == "<")


def faults(tree: Tree) -> list[str]:
    """One line a broken rule: `file:line: what`."""
    found = []
    for include in tree.includes():
        for rule in (crosses_services, climbs_layers, leaves_domain, strays_from_adapter):
            why = rule(tree, include)
            if why:
                found.append(f"{include.file}:{include.line}: {why}")
    return found


def crosses_services(tree: Tree, include: Include) -> str:
    top, _, rest = include.file.partition("/")
    if include.system or top == "tests":
        return ""
    if ".." in include.header.split("/"):
        return f'"{include.header}": include from the root of libs/ or services/, not with ..'
    if include.owner not in tree.services or include.owner in tree.layers:
        return ""
    if top == "services" and rest.partition("/")[0] == include.owner:
        return ""
    return f'"{include.header}": only service {include.owner} may include its own code'


def climbs_layers(tree: Tree, include: Include) -> str:
    top, library, *_ = include.file.split("/")
    own, other = tree.layers.get(library), tree.layers.get(include.owner)
    if top != "libs" or include.system or not own or not other:
        return ""
    if LAYERS.index(other) <= LAYERS.index(own):
        return ""
    return f'"{include.header}": {library} ({own}) must not use {include.owner} ({other})'


def leaves_domain(tree: Tree, include: Include) -> str:
    parts = include.file.split("/")
    if parts[0] != "services" or "domain" not in parts[2:3]:
        return ""
    service, header = parts[1], include.header
    if include.system:
        standard = "/" not in header and not header.endswith(".h")
        return (
            ""
            if standard or header.startswith(DOMAIN_EXTRA)
            else f"<{header}> does not belong in domain/"
        )
    if header.startswith((f"{service}/domain/", f"{service}/metrics.hpp")):
        return ""
    if header.startswith("pbx/") and header.endswith(".pb.h") and not header.endswith(".grpc.pb.h"):
        return ""
    if tree.layers.get(include.owner) in DOMAIN_LAYERS:
        return ""
    return f'"{header}" does not belong in domain/: it is of a layer that does I/O'


def strays_from_adapter(_: Tree, include: Include) -> str:
    for prefix, homes in VENDORS.items():
        if include.header.startswith(prefix) and not any(fnmatch(include.file, h) for h in homes):
            return f"<{include.header}> is for {' and '.join(homes)} alone"
    return ""


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[1]
    found = faults(Tree(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
