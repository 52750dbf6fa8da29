#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/application.hpp"

namespace google::protobuf {
class Message;
}

namespace pbx::runtime {

/// What run_service needs to know of a service, without its configuration's type.
struct ServiceSpec {
  std::string_view name;
  google::protobuf::Message& config;
  std::function<const config::v1::Process&()> process;
  std::function<std::vector<std::string>()> validate;
  std::function<void(Application&)> serve;
};

int run_service(int argc, char** argv, const ServiceSpec& spec);

/// main() of every service: flags, configuration, signals, then `serve`, which wires the service on
/// its stack and calls Application::run_until_signalled. `validate` gives all faults, each a
/// sentence with the setting's name; what every service has (`process`) is checked before.
///
/// --config FILE, --check-config, --version, --help. Exit status: 0 drained, 1 failed to start,
/// 2 bad configuration or flags; 128 + signal when a second signal cut the drain short.
template <class Config>
int run_service(std::string_view name, int argc, char** argv,
                void (*serve)(Application&, const Config&),
                std::vector<std::string> (*validate)(const Config&) = nullptr) {
  Config config;
  return run_service(
      argc, argv,
      ServiceSpec{
          name, config, [&config]() -> const config::v1::Process& { return config.process(); },
          [&config, validate] { return validate ? validate(config) : std::vector<std::string>{}; },
          [&config, serve](Application& app) { serve(app, config); }});
}

}  // namespace pbx::runtime
