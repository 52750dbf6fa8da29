#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace pbx::test {

/// A redis-server without persistence on a free loopback port. The constructor returns when it
/// answers.
class TempRedis {
 public:
  /// `arguments` go to redis-server behind ours ("--requirepass", "x").
  explicit TempRedis(std::vector<std::string> arguments = {});

  std::uint16_t port() const { return port_; }
  std::string unix_path() const { return (folder_.path() / "redis.sock").string(); }
  /// redis://127.0.0.1:<port>
  std::string uri() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  /// unix://<path>: quicker.
  std::string unix_uri() const { return "unix://" + unix_path(); }
  pid_t pid() const { return process_->pid(); }
  const std::filesystem::path& folder() const { return folder_.path(); }

  void kill() { process_.reset(); }
  /// Empty again, on the same port.
  void start();
  /// It keeps its connections and answers nothing, until resume().
  void freeze() const;
  void resume() const;

 private:
  bool wait_until_it_answers();

  TempDir folder_;
  std::vector<std::string> arguments_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace pbx::test
