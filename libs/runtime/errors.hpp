#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pbx::runtime {

/// The service cannot start: exit 1. The text is a sentence for the person who starts it.
class StartError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The configuration is wrong: exit 2, one line a fault.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<std::string> faults)
      : std::runtime_error{faults.empty() ? "bad configuration" : faults.front()},
        faults_{std::move(faults)} {}

  const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::vector<std::string> faults_;
};

}  // namespace pbx::runtime
