#include "pbxctl/settings.hpp"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "pbxctl/cli.hpp"
#include "pbxctl/environment.hpp"
#include "pbxctl/refusal.hpp"
#include "pbxctl/times.hpp"

namespace pbx::pbxctl {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Value;

std::string read_file(const fs::path& path, const std::string& what) {
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad()) {
    throw Refusal{"cannot read " + what + " " + path.string() +
                  "; check that it exists and that you may read it"};
  }
  return text;
}

Secret read_key(const fs::path& path) {
  auto text = read_file(path, "the identity file");
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.empty()) throw Refusal{"the identity file " + path.string() + " is empty"};
  return Secret{std::move(text)};
}

bool is_service(std::string_view name) {
  return std::find(kServices.begin(), kServices.end(), name) != kServices.end();
}

const std::string& text_of(const std::string& key, const Value& value) {
  if (value.kind_case() != Value::kStringValue) {
    throw Refusal{"'" + key + "' must be a text"};
  }
  return value.string_value();
}

std::vector<std::string> texts_of(const std::string& key, const Value& value) {
  if (value.kind_case() != Value::kListValue) return {text_of(key, value)};
  std::vector<std::string> texts;
  for (const auto& item : value.list_value().values()) texts.push_back(text_of(key, item));
  return texts;
}

void apply(Settings& settings, const std::string& key, const Value& value, const fs::path& folder) {
  if (is_service(key)) {
    settings.servers[key] = texts_of(key, value);
  } else if (key == "identity_file") {
    settings.identity_file = folder / text_of(key, value);
  } else if (key == "ca_file") {
    settings.ca_file = folder / text_of(key, value);
  } else if (key == "certificate_file") {
    settings.certificate_file = folder / text_of(key, value);
  } else if (key == "key_file") {
    settings.key_file = folder / text_of(key, value);
  } else {
    throw Refusal{"'" + key +
                  "' is not a setting; there are provisioning, registrar, proxy, billing, "
                  "identity_file, ca_file, certificate_file and key_file"};
  }
}

/// Nobody else may have put it there: it says who is shown tokens of ours.
bool is_ours(const fs::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  return info.st_uid == geteuid() || info.st_uid == 0;
}

std::optional<fs::path> found_upwards(fs::path folder) {
  for (;;) {
    auto candidate = folder / "var" / "pbxctl.json";
    if (is_ours(candidate)) return candidate;
    if (!folder.has_relative_path()) return std::nullopt;
    folder = folder.parent_path();
  }
}

void add_servers(Settings& settings, const std::vector<std::string>& words) {
  std::map<std::string, std::vector<std::string>> given;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    const auto service = word.substr(0, equals);
    if (equals == std::string::npos || equals + 1 == word.size() || !is_service(service)) {
      throw UsageError{
          "--server wants SERVICE=HOST:PORT, the service being provisioning, "
          "registrar, proxy or billing"};
    }
    given[service].push_back(word.substr(equals + 1));
  }
  for (auto& [service, addresses] : given) settings.servers[service] = std::move(addresses);
}

void apply_flags(Settings& settings, const Arguments& arguments, const Environment& environment) {
  add_servers(settings, arguments.all("server"));
  if (const auto file = arguments.find("identity-file")) {
    settings.identity_key = read_key(environment.folder / *file);
  } else if (const auto key = environment.variable("PBX_IDENTITY_KEY"); key && !key->empty()) {
    settings.identity_key = Secret{*key};
  } else if (!settings.identity_file.empty()) {
    settings.identity_key = read_key(settings.identity_file);
  }
  if (const auto file = arguments.find("ca-file")) settings.ca_file = environment.folder / *file;
  settings.scope = arguments.text_or("scope", "");
  if (const auto text = arguments.find("timeout")) {
    const auto timeout = parse_duration(*text);
    if (!timeout || *timeout <= 0) throw UsageError{"--timeout wants a time such as 10s or 1m"};
    settings.timeout = std::chrono::milliseconds{*timeout};
  }
}

}  // namespace

std::vector<Option> settings_options() {
  return {
      {.name = "config", .value = "FILE", .help = "Where the services are; see above."},
      {.name = "server",
       .value = "SERVICE=HOST:PORT",
       .help = "Address of provisioning, registrar, proxy or billing; once more for another.",
       .repeats = true},
      {.name = "identity-file",
       .value = "FILE",
       .help = "Holds the operator's private key, which signs what the services are shown."},
      {.name = "ca-file", .value = "FILE", .help = "Speak TLS; trust what this authority signed."},
      {.name = "scope",
       .value = "TENANT",
       .help = "See and change only what lies at or below this account."},
      {.name = "timeout", .value = "TIME", .help = "Longest wait for an answer; default 10s."},
  };
}

Settings parse_configuration(const std::string& text, const fs::path& folder) {
  google::protobuf::Struct fields;
  const auto status = google::protobuf::util::JsonStringToMessage(text, &fields);
  if (!status.ok()) throw Refusal{"it is not a JSON object"};
  Settings settings;
  for (const auto& [key, value] : fields.fields()) apply(settings, key, value, folder);
  return settings;
}

std::optional<fs::path> find_configuration(const Arguments& arguments,
                                           const Environment& environment) {
  if (const auto file = arguments.find("config")) return environment.folder / *file;
  if (const auto file = environment.variable("PBXCTL_CONFIG"); file && !file->empty()) {
    return environment.folder / *file;
  }
  if (auto file = found_upwards(environment.folder)) return file;

  std::optional<fs::path> base;
  if (const auto folder = environment.variable("XDG_CONFIG_HOME"); folder && !folder->empty()) {
    base = *folder;
  } else if (const auto home = environment.variable("HOME"); home && !home->empty()) {
    base = fs::path{*home} / ".config";
  }
  if (!base) return std::nullopt;
  auto file = *base / "pbxctl" / "config.json";
  std::error_code unreadable;
  return fs::exists(file, unreadable) ? std::optional{file} : std::nullopt;
}

Settings load_settings(const Arguments& arguments, const Environment& environment) {
  Settings settings;
  if (const auto file = find_configuration(arguments, environment)) {
    const auto text = read_file(*file, "the configuration");
    try {
      settings = parse_configuration(text, file->parent_path());
    } catch (const Refusal& refusal) {
      throw Refusal{"the configuration " + file->string() + " is wrong: " + refusal.what()};
    }
    settings.origin = *file;
  }
  apply_flags(settings, arguments, environment);
  settings.actor = environment.user;
  return settings;
}

}  // namespace pbx::pbxctl
