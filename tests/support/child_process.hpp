#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pbx::test {

/// A program that ends with its owner, or with the test should that crash.
class ChildProcess {
 public:
  /// argv[0] is looked up in PATH. Both outputs go to `log`.
  ChildProcess(const std::vector<std::string>& argv, const std::filesystem::path& log);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  /// SIGSTOP; it stands still when this returns. SIGCONT sets it going again.
  void pause() const;
  /// SIGKILL, and waits for the end.
  void kill();
  /// Exit code (128 + signal when one ended it); waits.
  int wait();

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_;
};

/// A TCP port of 127.0.0.1 that nobody has at the moment.
std::uint16_t free_port();

}  // namespace pbx::test
