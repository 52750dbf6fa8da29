#pragma once

#include <string>
#include <vector>

#include "pbxctl/environment.hpp"

namespace pbx::pbxctl {

/// The program: `words` is its command line without its name. Gives the exit code: 0 done, 1
/// refused, 2 the command line is wrong.
int run(const std::vector<std::string>& words, const Environment& environment);

}  // namespace pbx::pbxctl
