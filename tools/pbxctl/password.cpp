#include "pbxctl/password.hpp"

#include <istream>

#include "pbxctl/refusal.hpp"

namespace pbx::pbxctl {
namespace {

Secret from_stdin(std::istream& in) {
  std::string line;
  std::getline(in, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) throw Refusal{"there is no password on the standard input"};
  return Secret{std::move(line)};
}

Secret from_prompt(const Environment& environment) {
  const auto first = environment.ask_secret("New password: ");
  if (!first) {
    throw Refusal{"no password was typed in; without a terminal use --password-stdin"};
  }
  if (first->empty()) throw Refusal{"an empty password is none"};
  const auto second = environment.ask_secret("Once more: ");
  if (!second || !equal_in_constant_time(first->reveal(), second->reveal())) {
    throw Refusal{"the two passwords differ; nothing was changed"};
  }
  return *first;
}

}  // namespace

std::vector<Option> with_password(std::vector<Option> options) {
  options.push_back({.name = "password-stdin", .help = "Read the password from standard input."});
  options.push_back(
      {.name = "password-prompt", .help = "Ask for the password, without showing it."});
  options.push_back({.name = "password",
                     .value = "TEXT",
                     .help = "The password itself. Unsafe: other users of this machine and the "
                             "shell's history see it."});
  return options;
}

std::vector<Option> with_new_password(std::vector<Option> options) {
  options.push_back(
      {.name = "password-new", .help = "Let the service make a password and show it once."});
  return with_password(std::move(options));
}

std::optional<Secret> read_password(const Arguments& arguments, const Environment& environment) {
  int ways = 0;
  for (const char* name : {"password-new", "password-stdin", "password-prompt", "password"}) {
    ways += arguments.has(name) ? 1 : 0;
  }
  if (ways > 1) throw UsageError{"give one of the --password options, not several"};
  if (arguments.has("password-new")) return Secret{};
  if (arguments.has("password-stdin")) return from_stdin(environment.in);
  if (arguments.has("password-prompt")) return from_prompt(environment);
  if (const auto text = arguments.find("password")) {
    if (text->empty()) throw UsageError{"an empty password is none"};
    return Secret{*text};
  }
  return std::nullopt;
}

}  // namespace pbx::pbxctl
