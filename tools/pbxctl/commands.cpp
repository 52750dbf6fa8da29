#include "pbxctl/commands.hpp"

#include "pbxctl/completion.hpp"
#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"

namespace pbx::pbxctl {
namespace {

void version(Context& context, const Arguments&) {
  auto& out = context.output.out();
  if (context.output.json()) {
    out << "{\"version\": \"" PBX_VERSION "\"}\n";
  } else {
    out << "pbxctl " PBX_VERSION "\n";
  }
}

Command version_command() {
  return {.name = "version",
          .summary = "Prints the version",
          .examples = {{"pbxctl version", "asks no service"}},
          .offline = true,
          .run = version};
}

std::vector<Option> root_options() {
  auto options = settings_options();
  options.insert(options.begin(), {.name = "json", .help = "JSON instead of tables."});
  return options;
}

}  // namespace

Command command_tree() {
  return {
      .name = "pbxctl",
      .summary = "The operators' command line of a ClusterPBX cluster",
      .text =
          "Addresses of the services come from --server or a configuration: --config, "
          "$PBXCTL_CONFIG, var/pbxctl.json in this folder or one above it, "
          "~/.config/pbxctl/config.json. The operator's key comes from --identity-file, "
          "$PBX_IDENTITY_KEY or "
          "the configuration's identity_file. Exit codes: 0 done, 1 refused or not possible, 2 the "
          "command line is wrong.",
      .examples = {{"pbxctl user list --domain hq.north.pbx.test", "who is there"},
                   {"pbxctl call list --json", "calls that go on now, for a program"},
                   {"pbxctl cdr list --since 1h", "calls that have ended"},
                   {"pbxctl user add --help", "every command has examples of its own"}},
      .options = root_options(),
      .commands = {tenant_command(), domain_command(), user_command(), device_command(),
                   binding_command(), call_command(), cdr_command(), node_command(),
                   history_command(), completion_command(), version_command()},
  };
}

}  // namespace pbx::pbxctl
