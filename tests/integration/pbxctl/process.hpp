#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "session.hpp"

namespace pbx::pbxctl {

/// The program under test, as it was built.
std::filesystem::path program();

/// Runs a program to its end. `variables` ("NAME=value") are its whole environment beside PATH.
Answer run_process(const std::vector<std::string>& words,
                   const std::vector<std::string>& variables = {});

/// Runs it on a terminal of its own, where `keys` are typed once `question` has appeared, one pair
/// after the other. `out` is what the terminal showed.
Answer run_on_terminal(const std::vector<std::string>& words,
                       const std::vector<std::pair<std::string, std::string>>& dialogue);

}  // namespace pbx::pbxctl
