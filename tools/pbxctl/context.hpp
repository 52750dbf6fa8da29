#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pbxctl/cli.hpp"
#include "pbxctl/client.hpp"
#include "pbxctl/environment.hpp"
#include "pbxctl/names.hpp"
#include "pbxctl/output.hpp"
#include "pbxctl/settings.hpp"

namespace pbx::pbxctl {

/// What a command works with.
struct Context {
  const Environment& environment;
  const Command& root;  ///< The whole command tree.
  Client& client;
  Names names;
  Output output;
  bool scoped = false;  ///< --scope: some services leave it to us to keep to it.
  Doing doing;          ///< Set first by each command: the subject of a later refusal.
};

Option limit_option(const std::string& what, const std::string& otherwise = "all");
Option tenant_option(const std::string& help);
Option yes_option();

Option suspend_option();
Option resume_option();
/// What --suspend and --resume say. Throws UsageError when both are there.
std::optional<bool> suspension(const Arguments& arguments);
/// A `set` without anything to set.
UsageError nothing_to_set();

/// --limit, where 0 means all.
std::uint64_t limit_of(const Arguments& arguments, std::uint64_t otherwise);

/// Asks "question [y/N]" when somebody is there to answer and --yes was not given. Throws Refusal
/// on anything but yes.
void confirm(Context& context, const Arguments& arguments, const std::string& question);

/// "1 device", "2 devices"
std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace pbx::pbxctl
