#include <sstream>

#include "pbxctl/completion.hpp"
#include "pbxctl/text.hpp"

namespace pbx::pbxctl {
namespace {

/// _describe splits name and description at the first colon.
std::string described(const std::string& name, const std::string& what) {
  return " " + shell_quoted(name + ":" + what);
}

std::string options_of(const Command& command) {
  std::string text;
  for (const auto& option : command.options) text += described("--" + option.name, option.help);
  return text;
}

void write_values(std::ostream& out, const Command& root) {
  for (const auto& place : places(root)) {
    for (const auto& option : place.command->options) {
      const auto pattern =
          (place.words.empty() ? "*" : "'" + place.words + "'") + "' --" + option.name + "'";
      if (!option.choices.empty()) {
        out << "    " << pattern << ") compadd --";
        for (const auto& choice : option.choices) out << " " << choice;
        out << "; return ;;\n";
      } else if (option.value == "FILE") {
        out << "    " << pattern << ") _files; return ;;\n";
      }
    }
  }
}

}  // namespace

std::string zsh_completion(const Command& root) {
  std::ostringstream out;
  out << R"(#compdef pbxctl
# zsh completion for pbxctl, printed by "pbxctl completion zsh".
_pbxctl() {
  local at="" skip="" word
  local -a commands options

  # Which command stands on the line so far.
  for word in ${words[2,CURRENT-1]}; do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case $word in
      )";
  std::string separator;
  for (const auto& name : options_with_value(root)) {
    out << separator << name;
    separator = "|";
  }
  out << ") skip=1 ;;\n      -*) ;;\n      *)\n        case \"${at:+$at }$word\" in\n          ";
  separator.clear();
  for (const auto& place : places(root)) {
    if (place.words.empty()) continue;
    out << separator << "'" << place.words << "'";
    separator = "|";
  }
  out << R"() at="${at:+$at }$word" ;;
        esac ;;
    esac
  done

  # The value of an option.
  case "$at ${words[CURRENT-1]}" in
)";
  write_values(out, root);
  out << "  esac\n  [[ -z $skip ]] || return\n\n  case $at in\n";
  for (const auto& place : places(root)) {
    out << "    '" << place.words << "')\n      commands=(";
    for (const auto& child : place.command->commands) out << described(child.name, child.summary);
    out << " )\n      options=(" << options_of(*place.command) << " ) ;;\n";
  }
  out << "  esac\n"
      << "  if [[ ${words[CURRENT]} == -* || ${#commands} -eq 0 ]]; then\n"
      << "    [[ -z $at ]] || options+=(" << options_of(root) << " )\n"
      << "    options+=('--help:Show help.')\n"
      << "    _describe -o option options\n"
      << "  else\n"
      << "    _describe command commands\n"
      << "  fi\n"
      << "}\n"
      << "if [[ ${funcstack[1]} == _pbxctl ]]; then _pbxctl \"$@\"; else compdef _pbxctl pbxctl; "
         "fi\n";
  return out.str();
}

}  // namespace pbx::pbxctl
