#include "pbxctl/run.hpp"

#include <ostream>
#include <utility>

#include "pbxctl/commands.hpp"
#include "pbxctl/context.hpp"
#include "pbxctl/help.hpp"
#include "pbxctl/text.hpp"

namespace pbx::pbxctl {
namespace {

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kBadCommandLine = 2;

/// Our account names are words, the services' are numbers from the platform down: "1.4.9".
bool is_number_path(const std::string& scope) {
  return scope.find_first_not_of("0123456789.") == std::string::npos;
}

/// The scope as services know it. It is looked up without one, so by names of its own: what they
/// learn lies outside the scope too.
void resolve_scope(Settings& settings, Client& client) {
  if (is_number_path(settings.scope)) return;
  const auto name = std::exchange(settings.scope, {});
  Names unscoped{client};
  settings.scope = unscoped.tenant(name).path();
}

int refuse(const Environment& environment, const std::string& sentence) {
  environment.out.flush();
  environment.err << "pbxctl: " << printable(sentence) << ".\n";
  return kRefused;
}

int bad_command_line(const Environment& environment, const std::string& what,
                     const CommandPath& path) {
  environment.err << "pbxctl: " << printable(what) << ".\nTry \"" << spelled(path)
                  << " --help\".\n";
  return kBadCommandLine;
}

int execute(const Command& root, const Parsed& parsed, const Environment& environment) {
  const auto& command = *parsed.path.back();
  auto settings = command.offline ? Settings{} : load_settings(parsed.arguments, environment);
  Client client{settings};
  Output output{environment.out, environment.err, parsed.arguments.has("json"),
                environment.columns};
  Context context{environment,       root, client, Names{client}, output, !settings.scope.empty(),
                  {"run", "command"}};
  try {
    resolve_scope(settings, client);
    command.run(context, parsed.arguments);
  } catch (const ServiceError& error) {
    return refuse(environment, explain(error, context.doing));
  }
  environment.out.flush();
  if (!environment.out) return refuse(environment, "the output cannot be written");
  return kDone;
}

}  // namespace

int run(const std::vector<std::string>& words, const Environment& environment) {
  const auto root = command_tree();
  Parsed parsed;
  try {
    parsed = parse(root, words);
    if (parsed.help) {
      environment.out << help_text(parsed.path);
      return kDone;
    }
    return execute(root, parsed, environment);
  } catch (const Refusal& refusal) {
    return refuse(environment, refusal.what());
  } catch (const BadCommandLine& error) {
    return bad_command_line(environment, error.what(), error.path);
  } catch (const UsageError& error) {
    return bad_command_line(environment, error.what(), parsed.path);
  }
}

}  // namespace pbx::pbxctl
