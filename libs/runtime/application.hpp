#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "runtime/errors.hpp"

namespace boost::asio {
class io_context;
}
namespace prometheus {
class Registry;
}
namespace pbx::config::v1 {
class Process;
}

namespace pbx::runtime {

class Health;

/// What a process has once: the main thread's loop, metrics, health, the admin server
/// (/metrics, /healthz, /readyz) and an orderly end. Made by run_service, used on the main thread.
class Application {
 public:
  /// Installs signal handling and starts the admin server. Throws StartError.
  Application(std::string_view service, std::string_view version,
              const config::v1::Process& process);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application();

  /// The main thread's loop: it runs within run_until_signalled.
  boost::asio::io_context& loop();
  const Clock& clock() const;
  prometheus::Registry& metrics();
  const std::string& service() const;
  const std::string& node() const;
  /// File descriptors that this process may have open; its limit was raised as far as it could be.
  std::size_t descriptors() const;
  /// Where the admin server listens, for example "127.0.0.1:9100"; empty when it does not.
  std::string admin_address() const;

  /// PBX_<NAME>, or what the file named by PBX_<NAME>_FILE holds, without its last line feed.
  /// `name` in any case: secret("redis_password"). Throws StartError when neither is set.
  Secret secret(std::string_view name) const;
  /// The same; empty when neither is set.
  Secret optional_secret(std::string_view name) const;

  /// /readyz answers 200 when every condition holds, else 503 with the names of those that do not.
  /// Asked on the main thread at each probe: answer at once.
  void ready_when(std::string_view name, std::function<bool()> condition);
  void ready_when(std::function<bool()> condition);
  /// On SIGTERM or SIGINT, in the order of registration: stop taking, hand over.
  void on_drain(std::function<void()> step);
  /// Asked every 20 ms after the drain steps; the process ends when all hold, or at drain_timeout.
  void drained_when(std::function<bool()> condition);
  void drained_when(std::string_view name, std::function<bool()> condition);
  /// Ends the process in an orderly way, as if signalled. From any thread.
  void stop();

  /// Runs the main loop until SIGTERM or SIGINT, then: not ready, drain steps, drained_when and the
  /// end of all spawned tasks, bounded by drain_timeout. A second signal ends the process at once.
  void run_until_signalled();

  /// For Workers: their share in /healthz and /metrics, and how often a second a loop may wake.
  Health& health();
  unsigned wakeups() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pbx::runtime
