"""Each include rule: a line that keeps it, a line that breaks it."""

import pytest
from check_includes import Tree, faults


@pytest.fixture
def tree(tmp_path):
    """Writes one file into a small tree; returns the faults found in it."""
    for library, layer in (
        ("core", "core"),
        ("sip", "protocol"),
        ("redis", "adapter"),
        ("runtime", "runtime"),
    ):
        folder = tmp_path / "libs" / library
        folder.mkdir(parents=True)
        (folder / "CMakeLists.txt").write_text(
            f"pbx_library({library} LAYER {layer}\n  SOURCES a.cpp)\n"
        )
    for service in ("proxy", "registrar"):
        (tmp_path / "services" / service).mkdir(parents=True)

    def check(file: str, line: str) -> list[str]:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#pragma once\n{line}\n")
        return faults(Tree(tmp_path))

    return check


@pytest.mark.parametrize(
    "file, line",
    [
        ("services/proxy/main.cpp", '#include "proxy/domain/fork.hpp"'),
        ("services/proxy/main.cpp", '#include "runtime/application.hpp"'),
        ("services/proxy/domain/fork.hpp", '#include "proxy/domain/target.hpp"'),
        ("services/proxy/domain/fork.hpp", '#include "proxy/metrics.hpp"'),
        ("services/proxy/domain/fork.hpp", '#include "sip/message.hpp"'),
        ("services/proxy/domain/fork.hpp", '#include "pbx/events/v1/call.pb.h"'),
        ("services/proxy/domain/fork.hpp", "#include <boost/asio/awaitable.hpp>"),
        ("services/proxy/domain/fork.hpp", "#include <vector>"),
        ("services/proxy/adapters/registrar_client.cpp", "#include <grpcpp/grpcpp.h>"),
        ("libs/redis/connection.cpp", "#include <hiredis/hiredis.h>"),
        ("libs/redis/connection.cpp", '#include "sip/message.hpp"'),
    ],
)
def test_allowed(tree, file, line):
    assert tree(file, line) == []


@pytest.mark.parametrize(
    "file, line, why",
    [
        (
            "services/proxy/main.cpp",
            '#include "registrar/domain/registrar.hpp"',
            "only service registrar",
        ),
        ("services/proxy/main.cpp", '#include "../registrar/metrics.hpp"', "not with .."),
        ("libs/runtime/spawn.cpp", '#include "proxy/metrics.hpp"', "only service proxy"),
        ("libs/sip/message.hpp", '#include "redis/connection.hpp"', "must not use redis"),
        (
            "services/proxy/domain/fork.hpp",
            '#include "redis/connection.hpp"',
            "a layer that does I/O",
        ),
        (
            "services/proxy/domain/fork.hpp",
            '#include "proxy/adapters/locations.hpp"',
            "does not belong",
        ),
        (
            "services/proxy/domain/fork.hpp",
            '#include "pbx/proxy/v1/proxy.grpc.pb.h"',
            "does not belong",
        ),
        (
            "services/proxy/domain/fork.hpp",
            "#include <boost/asio/steady_timer.hpp>",
            "does not belong",
        ),
        ("services/proxy/domain/fork.hpp", "#include <sys/socket.h>", "does not belong"),
        ("services/proxy/adapters/store.cpp", "#include <hiredis/hiredis.h>", "libs/redis/* alone"),
        (
            "services/proxy/fronts/sip_front.cpp",
            "#include <librdkafka/rdkafka.h>",
            "libs/kafka/* alone",
        ),
        ("services/proxy/domain2/store.cpp", "#include <pqxx/pqxx>", "libs/postgres/*"),
    ],
)
def test_refused(tree, file, line, why):
    found = tree(file, line)
    assert len(found) == 1 and found[0].startswith(f"{file}:2: ") and why in found[0]
