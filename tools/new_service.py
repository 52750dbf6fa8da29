#!/usr/bin/python3
"""Makes a service of the house shape that builds, starts, answers /readyz and drains.

  tools/new_service.py presence "keeps who watches whom and what they see"
  tools/new_service.py presence "…" --root FOLDER     in another tree (for its own test)

It writes services/NAME, proto/pbx/config/v1/NAME.proto and a first unit test, and adds the service to
services/CMakeLists.txt and proto/CMakeLists.txt. What is left to do by hand is printed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

FILES = {
    "services/{name}/CMakeLists.txt": """\
pbx_service({name}
  SOURCES
    metrics.cpp
    serve.cpp
  DEPS
    pbx::core pbx::runtime pbx::telemetry
    pbx::proto_config)
""",
    "services/{name}/README.md": """\
# {name}

{sentence}

- `domain/` rules and ports; no sockets, no clock but the one handed in
- `adapters/` the ports, implemented
- `fronts/` what drives the domain
- `metrics.hpp` every metric that the service owns
- `config.json` a working local configuration; `proto/pbx/config/v1/{name}.proto` explains each setting
""",
    "services/{name}/config.json": """\
{{
  "process": {{"node": "{name}-1", "adminListen": "127.0.0.1:9390", "logLevel": "info"}}
}}
""",
    "services/{name}/main.cpp": """\
// {sentence}
#include "{name}/serve.hpp"
#include "runtime/service.hpp"

int main(int argc, char** argv) {{
  return pbx::runtime::run_service("{name}", argc, argv, pbx::{name}::serve, pbx::{name}::validate);
}}
""",
    "services/{name}/serve.hpp": """\
#pragma once

#include <string>
#include <vector>

#include "pbx/config/v1/{name}.pb.h"

namespace pbx::runtime {{
class Application;
}}

namespace pbx::{name} {{

/// The service's wiring; returns when it is drained.
void serve(runtime::Application& app, const config::v1::{Type}& config);

/// All that is wrong with a configuration, each a sentence with the setting's name.
std::vector<std::string> validate(const config::v1::{Type}& config);

}}  // namespace pbx::{name}
""",
    "services/{name}/serve.cpp": """\
#include "{name}/serve.hpp"

#include "{name}/metrics.hpp"
#include "runtime/application.hpp"
#include "runtime/validate.hpp"

namespace pbx::{name} {{

void serve(runtime::Application& app, const config::v1::{Type}&) {{
  Metrics metrics{{app.metrics()}};
  metrics.starts.Increment();
  app.run_until_signalled();
}}

std::vector<std::string> validate(const config::v1::{Type}&) {{
  runtime::Faults faults;
  return faults.take();
}}

}}  // namespace pbx::{name}
""",
    "services/{name}/metrics.hpp": """\
#pragma once

#include "telemetry/metrics.hpp"

namespace pbx::{name} {{

/// Every metric that the service owns.
struct Metrics {{
  explicit Metrics(prometheus::Registry& registry);

  prometheus::Counter& starts;
}};

}}  // namespace pbx::{name}
""",
    "services/{name}/metrics.cpp": """\
#include "{name}/metrics.hpp"

namespace pbx::{name} {{

Metrics::Metrics(prometheus::Registry& registry)
    : starts{{telemetry::counter(registry, "pbx_{name}_starts_total", "Starts of the process")}} {{}}

}}  // namespace pbx::{name}
""",
    "proto/pbx/config/v1/{name}.proto": """\
syntax = "proto3";
package pbx.config.v1;

import "pbx/config/v1/common.proto";

message {Type} {{
  Process process = 1;
}}
""",
    "tests/unit/services/{name}/CMakeLists.txt": """\
pbx_test({name} KIND unit SOURCES config_test.cpp DEPS {name}_core)
""",
    "tests/unit/services/{name}/config_test.cpp": """\
#include <catch2/catch.hpp>

#include "{name}/serve.hpp"

using namespace pbx;

TEST_CASE("An empty configuration has no faults", "[{name}]") {{
  CHECK({name}::validate(config::v1::{Type}{{}}).empty());
}}
""",
}
FOLDERS = ("domain", "adapters", "fronts")

TO_DO = """\
made services/{name}. Left to do by hand:
  1. proto/pbx/{name}/v1/{name}.proto if it has an API, with a pbx_proto(...) line in proto/CMakeLists.txt
  2. services/README.md: its line in the table
  3. helm/pbx/values.yaml: its entry under `services`
  4. tools/devlib/workspace.py: its line in LAYOUT, and its settings in tools/devlib/services.py
  5. tools/check_proto.py --accept, tools/dev check, tools/dev build dev
"""


def make(root: Path, name: str, sentence: str) -> None:
    """Writes all files; ValueError if the name is no good or taken."""
    if not NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no service name: lower case words joined by _")
    if (root / "services" / name).exists():
        raise ValueError(f"services/{name} is there already")
    sentence = sentence[:1].upper() + sentence[1:].rstrip(".") + "."
    names = {
        "name": name,
        "Type": "".join(word.capitalize() for word in name.split("_")),
        "sentence": sentence,
    }
    sources = []
    for path, text in FILES.items():
        file = root / path.format(**names)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(**names))
        if file.suffix in (".cpp", ".hpp"):
            sources.append(str(file))
    subprocess.run(["clang-format", "-i", *sources], check=True)
    for folder in FOLDERS:
        (root / "services" / name / folder).mkdir()
    _insert(root / "services" / "CMakeLists.txt", r"(foreach\(service [^)]*)\)", rf"\1 {name})")
    _insert(
        root / "proto" / "CMakeLists.txt",
        r"(pbx_proto\(config[^)]*)\)",
        rf"\1\n         pbx/config/v1/{name}.proto)",
    )


def _insert(file: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(), count=1)
    if not count:
        raise ValueError(f"{file} is not written as expected: nothing matches {pattern}")
    file.write_text(text)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="lower case, words joined by _")
    parser.add_argument("sentence", help="what it does, for the README and the head of main.cpp")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    options = parser.parse_args(arguments)
    try:
        make(options.root, options.name, options.sentence)
    except ValueError as error:
        print(f"new_service: {error}", file=sys.stderr)
        return 1
    print(TO_DO.format(name=options.name), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
