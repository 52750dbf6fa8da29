#pragma once

#include <string>
#include <vector>

#include "pbxctl/cli.hpp"

namespace pbx::pbxctl {

/// Scripts for the shells, made of the command tree.
std::string bash_completion(const Command& root);
std::string zsh_completion(const Command& root);
std::string fish_completion(const Command& root);

/// A command and the words that lead to it: "user add"; the root's are "".
struct Place {
  std::string words;
  const Command* command;
};

/// Every command below `root` and `root` itself, by each of its names.
std::vector<Place> places(const Command& root);

/// "--tenant" for every option that wants a value, anywhere in the tree; each once.
std::vector<std::string> options_with_value(const Command& root);

/// "pbxctl completion bash|zsh|fish".
Command completion_command();

}  // namespace pbx::pbxctl
