#include "pbxctl/completion.hpp"

#include <set>

#include "pbxctl/context.hpp"

namespace pbx::pbxctl {
namespace {

void collect(const Command& command, const std::string& words, std::vector<Place>& found) {
  found.push_back({words, &command});
  for (const auto& child : command.commands) {
    const auto before = words.empty() ? "" : words + " ";
    collect(child, before + child.name, found);
    for (const auto& alias : child.aliases) collect(child, before + alias, found);
  }
}

Command shell_command(const std::string& shell, std::vector<Example> examples,
                      std::string (*script)(const Command&)) {
  return {.name = shell,
          .summary = "Prints the script for " + shell,
          .examples = std::move(examples),
          .offline = true,
          .run = [script](Context& context, const Arguments&) {
            context.output.out() << script(context.root);
          }};
}

}  // namespace

std::vector<Place> places(const Command& root) {
  std::vector<Place> found;
  collect(root, "", found);
  return found;
}

std::vector<std::string> options_with_value(const Command& root) {
  std::set<std::string> names;
  for (const auto& place : places(root)) {
    for (const auto& option : place.command->options) {
      if (!option.value.empty()) names.insert("--" + option.name);
    }
  }
  return {names.begin(), names.end()};
}

Command completion_command() {
  return {.name = "completion",
          .summary = "Shell completion: commands, options and their values after Tab",
          .examples = {{"source <(pbxctl completion bash)", "for this shell"}},
          .commands = {
              shell_command("bash",
                            {{"source <(pbxctl completion bash)", "for this shell"},
                             {"pbxctl completion bash > /etc/bash_completion.d/pbxctl",
                              "for every new shell of everybody"}},
                            bash_completion),
              shell_command(
                  "zsh",
                  {{"source <(pbxctl completion zsh)", "for this shell, after compinit"},
                   {"pbxctl completion zsh > \"${fpath[1]}/_pbxctl\"", "for every new shell"}},
                  zsh_completion),
              shell_command("fish",
                            {{"pbxctl completion fish | source", "for this shell"},
                             {"pbxctl completion fish > ~/.config/fish/completions/pbxctl.fish",
                              "for every new shell"}},
                            fish_completion),
          }};
}

}  // namespace pbx::pbxctl
