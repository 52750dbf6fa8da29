#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/secret.hpp"

namespace pbx::pbxctl {

/// What the program finds around itself. Tests hand in their own.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::filesystem::path folder;  ///< The current one.
  std::string user;              ///< Whose account runs the program; the history's actor.
  std::size_t columns = 0;       ///< Of the terminal that `out` is; 0: it is none.
  bool asks = false;             ///< Somebody sits at a terminal and can answer questions.
  /// Asks without showing what is typed. Nothing: no terminal, or given up.
  std::function<std::optional<Secret>(const std::string& question)> ask_secret = {};
};

/// The real one: this process' streams, variables and terminal.
Environment process_environment(const Clock& clock);

}  // namespace pbx::pbxctl
