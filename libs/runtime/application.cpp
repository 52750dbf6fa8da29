#include "runtime/application.hpp"

#include <prometheus/registry.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "net/address.hpp"
#include "pbx/config/v1/common.pb.h"
#include "runtime/admin_server.hpp"
#include "runtime/descriptors.hpp"
#include "runtime/health.hpp"
#include "runtime/loop_pulse.hpp"
#include "runtime/secrets.hpp"
#include "runtime/signals.hpp"
#include "runtime/spawn.hpp"
#include "runtime/validate.hpp"
#include "telemetry/log.hpp"
#include "telemetry/log_format.hpp"
#include "telemetry/log_writer.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/process_metrics.hpp"

namespace pbx::runtime {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kDrainPoll{20};
constexpr std::chrono::seconds kDrainTimeout{10};
constexpr unsigned kWakeups = 4000;  ///< Of a worker's loop, a second.

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string json_list(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const auto& name : names) {
    if (text.size() > 1) text += ',';
    log::append_json(text, name);
  }
  return text + ']';
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

class Application::Impl {
 public:
  Impl(std::string_view service_name, std::string_view version, const config::v1::Process& process)
      : service{service_name},
        node{process.node().empty() ? host_name() : process.node()},
        drain_timeout_{from_proto(process.drain_timeout(), kDrainTimeout)},
        process_metrics_{registry, service, version},
        wakeups{process.wakeups() != 0 ? process.wakeups() : kWakeups},
        health{registry},
        signals_{blocked_, [this](int signal, unsigned count) { signalled(signal, count); }} {
    log::set_identity(service, node);
    if (const auto level = log::parse_level(process.log_level())) log::set_level(*level);
    if (!process.admin_listen().empty()) start_admin(process.admin_listen());
  }

  void run() {
    heartbeat_.emplace(loop, health.add_heartbeat("main", "main"));
    health.set_running();
    running_ = true;
    log::info("serving");
    const auto busy = asio::make_work_guard(loop);
    loop.run();
    heartbeat_.reset();
  }

  void stop() {
    asio::post(loop, [this] { begin_drain(); });
  }

  std::string admin_address() const { return admin_ ? admin_->local().to_string() : ""; }

  struct Condition {
    std::string name;
    std::function<bool()> holds;
  };

 private:
  // Before all that starts threads, the log's first of all.
  BlockedSignals blocked_;
  log::AsyncLogging logging_;

 public:
  const std::size_t descriptors = raise_descriptor_limit();
  const std::string service;
  const std::string node;
  const SystemClock clock{};
  prometheus::Registry registry;
  asio::io_context loop{1};
  std::vector<std::function<void()>> drain_steps;
  std::vector<Condition> drained;

 private:
  void start_admin(const std::string& listen) {
    const auto address = net::Address::parse(listen);
    if (!address) throw StartError{"process.admin_listen: " + listen + " is not an address"};
    admin_.emplace(loop, *address, [this](std::string_view path) { return page(path); });
    log::info("admin server listens", {{"address", admin_address()}});
  }

  AdminPage page(std::string_view path) {
    if (path == "/metrics") {
      process_metrics_.update();
      health.update_metrics();
      return {200, "text/plain; version=0.0.4; charset=utf-8", telemetry::expose(registry)};
    }
    if (path == "/healthz") {
      const auto stuck = health.stuck(std::chrono::steady_clock::now());
      const std::string good = stuck.empty() ? "true" : "false";
      return {stuck.empty() ? 200U : 503U, "application/json",
              "{\"healthy\":" + good + ",\"stuck\":" + json_list(stuck) + "}\n"};
    }
    if (path == "/readyz") {
      const auto missing = health.missing();
      const std::string good = missing.empty() ? "true" : "false";
      return {missing.empty() ? 200U : 503U, "application/json",
              "{\"ready\":" + good + ",\"missing\":" + json_list(missing) + "}\n"};
    }
    return {404, "text/plain", "here are /metrics, /healthz and /readyz\n"};
  }

  /// On the signals' thread.
  void signalled(int signal, unsigned count) {
    const bool orderly = count == 1 && running_;
    log::info(orderly ? "signal: draining" : "signal: ending now", {{"signal", signal}});
    if (orderly) return stop();
    log::flush();
    ::_exit(128 + signal);
  }

  void begin_drain() {
    if (draining_) return;
    draining_ = true;
    health.set_draining();
    log::info("draining");
    for (const auto& step : drain_steps) step();
    drain_until_ = std::chrono::steady_clock::now() + drain_timeout_;
    poll_drained();
  }

  std::vector<std::string> not_drained() const {
    std::vector<std::string> names;
    for (const auto& condition : drained) {
      if (!condition.holds()) names.push_back(condition.name);
    }
    for (const auto& task : spawned_names()) names.push_back(task);
    return names;
  }

  void poll_drained() {
    const auto waiting_for = not_drained();
    const bool late = std::chrono::steady_clock::now() >= drain_until_;
    if (waiting_for.empty() || late) {
      if (waiting_for.empty()) {
        log::info("drained");
      } else {
        log::warn("drain timed out", {{"waiting_for", joined(waiting_for)}});
      }
      loop.stop();
      return;
    }
    drain_timer_.expires_after(kDrainPoll);
    drain_timer_.async_wait([this](boost::system::error_code error) {
      if (!error) poll_drained();
    });
  }

  const std::chrono::milliseconds drain_timeout_;
  telemetry::ProcessMetrics process_metrics_;

 public:
  const unsigned wakeups;
  Health health;

 private:
  asio::steady_timer drain_timer_{loop};
  std::chrono::steady_clock::time_point drain_until_;
  bool draining_ = false;
  std::atomic<bool> running_{false};
  std::optional<LoopPulse> heartbeat_;
  std::optional<AdminServer> admin_;
  Signals signals_;  // last: its thread uses the rest
};

Application::Application(std::string_view service, std::string_view version,
                         const config::v1::Process& process)
    : impl_{std::make_unique<Impl>(service, version, process)} {}

Application::~Application() = default;

asio::io_context& Application::loop() { return impl_->loop; }
const Clock& Application::clock() const { return impl_->clock; }
prometheus::Registry& Application::metrics() { return impl_->registry; }
const std::string& Application::service() const { return impl_->service; }
const std::string& Application::node() const { return impl_->node; }
std::size_t Application::descriptors() const { return impl_->descriptors; }
std::string Application::admin_address() const { return impl_->admin_address(); }
Health& Application::health() { return impl_->health; }
unsigned Application::wakeups() const { return impl_->wakeups; }

Secret Application::secret(std::string_view name) const {
  auto found = find_secret(name);
  if (found) return *std::move(found);
  const auto variable = secret_variable(name);
  throw StartError{"neither " + variable + " nor " + variable + "_FILE is set"};
}

Secret Application::optional_secret(std::string_view name) const {
  return find_secret(name).value_or(Secret{});
}

void Application::ready_when(std::string_view name, std::function<bool()> condition) {
  impl_->health.ready_when(std::string{name}, std::move(condition));
}

void Application::ready_when(std::function<bool()> condition) {
  ready_when("service", std::move(condition));
}

void Application::on_drain(std::function<void()> step) {
  impl_->drain_steps.push_back(std::move(step));
}

void Application::drained_when(std::string_view name, std::function<bool()> condition) {
  impl_->drained.push_back({std::string{name}, std::move(condition)});
}

void Application::drained_when(std::function<bool()> condition) {
  drained_when("service", std::move(condition));
}

void Application::stop() { impl_->stop(); }

void Application::run_until_signalled() { impl_->run(); }

}  // namespace pbx::runtime
