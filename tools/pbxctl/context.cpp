#include "pbxctl/context.hpp"

#include <istream>
#include <ostream>

#include "pbxctl/paging.hpp"
#include "pbxctl/text.hpp"

namespace pbx::pbxctl {

Option limit_option(const std::string& what, const std::string& otherwise) {
  return {.name = "limit",
          .value = "N",
          .help = "At most so many " + what + ", 0 for all; default: " + otherwise + "."};
}

Option tenant_option(const std::string& help) {
  return {.name = "tenant", .value = "TENANT", .help = help};
}

Option yes_option() { return {.name = "yes", .help = "Do not ask."}; }

Option suspend_option() {
  return {.name = "suspend", .help = "Neither registrations nor calls from now on."};
}

Option resume_option() { return {.name = "resume", .help = "Ends a suspension."}; }

std::optional<bool> suspension(const Arguments& arguments) {
  if (arguments.has("suspend") && arguments.has("resume")) {
    throw UsageError{"give --suspend or --resume, not both"};
  }
  if (arguments.has("suspend")) return true;
  if (arguments.has("resume")) return false;
  return std::nullopt;
}

UsageError nothing_to_set() { return UsageError{"there is nothing to set; give an option"}; }

std::uint64_t limit_of(const Arguments& arguments, std::uint64_t otherwise) {
  const auto limit = arguments.number("limit", 0, 1'000'000'000).value_or(otherwise);
  return limit == 0 ? kNoLimit : limit;
}

void confirm(Context& context, const Arguments& arguments, const std::string& question) {
  const auto& environment = context.environment;
  if (arguments.has("yes") || !environment.asks) return;
  environment.err << printable(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(environment.in, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Refusal{"nothing was changed: it was not confirmed"};
  }
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace pbx::pbxctl
