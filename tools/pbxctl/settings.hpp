#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.hpp"

namespace pbx::pbxctl {

class Arguments;
struct Environment;
struct Option;

inline constexpr std::array<std::string_view, 4> kServices{"provisioning", "registrar", "proxy",
                                                           "billing"};

/// Where the services are and how to speak to them.
struct Settings {
  std::map<std::string, std::vector<std::string>>
      servers;                             ///< Service to host:port, tried in turn.
  Secret identity_key;                     ///< The operator's private key; empty: none is shown.
  std::filesystem::path identity_file;     ///< Read when neither flag nor variable gives a key.
  std::filesystem::path ca_file;           ///< Set: TLS.
  std::filesystem::path certificate_file;  ///< Our own, for servers that ask for one.
  std::filesystem::path key_file;
  std::string scope;  ///< Account path that tokens are made for; empty: the whole platform.
  std::string actor;
  std::chrono::milliseconds timeout{10'000};
  std::filesystem::path origin;  ///< The configuration file; empty: none.
};

/// The options that settings are made of; they go with every command.
std::vector<Option> settings_options();

/// Flags win over variables, variables over the file. Throws Refusal, UsageError.
Settings load_settings(const Arguments& arguments, const Environment& environment);

/// Reads the configuration's text; file names in it are relative to `folder`. Throws Refusal.
Settings parse_configuration(const std::string& text, const std::filesystem::path& folder);

/// --config, $PBXCTL_CONFIG, var/pbxctl.json here or in a folder above that belongs to us,
/// ~/.config/pbxctl/config.json.
std::optional<std::filesystem::path> find_configuration(const Arguments& arguments,
                                                        const Environment& environment);

}  // namespace pbx::pbxctl
