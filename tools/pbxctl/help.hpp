#pragma once

#include <string>

#include "pbxctl/cli.hpp"

namespace pbx::pbxctl {

/// What `--help` prints for the last command of the path.
std::string help_text(const CommandPath& path);

}  // namespace pbx::pbxctl
