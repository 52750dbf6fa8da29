#include "runtime/service.hpp"

#include <google/protobuf/message.h>

#include <iostream>
#include <span>
#include <variant>

#include "pbx/config/v1/common.pb.h"
#include "runtime/command_line.hpp"
#include "runtime/config_loader.hpp"
#include "runtime/validate.hpp"
#include "telemetry/log.hpp"

namespace pbx::runtime {

namespace {

constexpr int kDrained = 0;
constexpr int kFailedStart = 1;
constexpr int kBadConfig = 2;

std::vector<std::string> load(const CommandLine& line, const ServiceSpec& spec) {
  auto faults = load_config(line.config_file, spec.config);
  if (!faults.empty()) return faults;
  Faults found;
  found.check("process", spec.process());
  for (const auto& fault : spec.validate()) found.add(fault);
  return found.take();
}

int check_config(const std::vector<std::string>& faults, const std::string& file) {
  for (const auto& fault : faults) std::cerr << file << ": " << fault << '\n';
  if (!faults.empty()) return kBadConfig;
  std::cout << "ok\n";
  return kDrained;
}

int report(const std::vector<std::string>& faults, const std::string& file) {
  for (const auto& fault : faults) {
    log::error("bad configuration", {{"file", file}, {"fault", fault}});
  }
  return kBadConfig;
}

int serve(const ServiceSpec& spec, const std::string& file) {
  try {
    Application app{spec.name, PBX_VERSION, spec.process()};
    spec.serve(app);
    return kDrained;
  } catch (const ConfigError& error) {
    return report(error.faults(), file);
  } catch (const std::exception& error) {
    log::error("failed to start", {{"error", error.what()}});
    return kFailedStart;
  }
}

}  // namespace

int run_service(int argc, char** argv, const ServiceSpec& spec) {
  const std::span arguments{argv, static_cast<std::size_t>(argc)};
  const auto parsed = parse_command_line(arguments.subspan(arguments.empty() ? 0 : 1));
  if (const auto* const mistake = std::get_if<std::string>(&parsed)) {
    std::cerr << "pbx-" << spec.name << ": " << *mistake << "\n\n" << usage(spec.name);
    return kBadConfig;
  }
  const auto& line = *std::get_if<CommandLine>(&parsed);
  switch (line.action) {
    case CommandLine::Action::Help:
      std::cout << usage(spec.name);
      return kDrained;
    case CommandLine::Action::Version:
      std::cout << "pbx-" << spec.name << ' ' << PBX_VERSION << '\n';
      return kDrained;
    case CommandLine::Action::CheckConfig:
      return check_config(load(line, spec), line.config_file);
    case CommandLine::Action::Run:
      break;
  }
  log::set_identity(spec.name, "-");
  const auto faults = load(line, spec);
  if (!faults.empty()) return report(faults, line.config_file);
  return serve(spec, line.config_file);
}

}  // namespace pbx::runtime
