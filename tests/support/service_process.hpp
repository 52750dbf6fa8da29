#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace pbx::test {

/// One of the project's programs (`pbx-billing`), as it runs in production: a configuration file,
/// secrets in the environment, an admin server.
class ServiceProcess {
 public:
  /// `config` without process.adminListen: it gets a free port. Does not wait.
  ServiceProcess(const std::string& program, const std::string& config_fields,
                 const std::map<std::string, std::string>& environment);

  /// The whole answer to GET `path` of the admin server, head included; empty when it does not
  /// answer.
  std::string get(const std::string& path) const;
  bool ready() const { return get("/readyz").starts_with("HTTP/1.1 200"); }
  /// The value of a series in /metrics, as written: `name{label="x"}`; -1 when it is not there.
  double metric(const std::string& series) const;
  /// Names in /metrics that begin with `prefix`, sorted, each once.
  std::vector<std::string> metric_names(const std::string& prefix) const;

  ChildProcess& process() { return *process_; }
  std::string log() const;

 private:
  TempDir folder_;
  std::uint16_t admin_port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace pbx::test
