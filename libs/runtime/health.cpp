#include "runtime/health.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "telemetry/metrics.hpp"

namespace pbx::runtime {

Heartbeat::Heartbeat(prometheus::Registry& registry, std::string name, const std::string& kind,
                     Time now)
    : name_{std::move(name)},
      lag_{telemetry::histogram(
          registry, "pbx_runtime_loop_lag_seconds", "How late a loop runs what is due.",
          {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2}, {{"loop", kind}})},
      cpu_{telemetry::counter(registry, "pbx_runtime_thread_cpu_seconds_total",
                              "CPU time of a loop's thread.", {{"thread", name_}})},
      last_{now.time_since_epoch().count()} {
  pthread_getcpuclockid(pthread_self(), &cpu_clock_);
}

void Heartbeat::beat(Time now, std::chrono::nanoseconds late) {
  last_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  lag_.Observe(std::chrono::duration<double>{late}.count());
}

std::chrono::nanoseconds Heartbeat::silence(Time now) const {
  return now - Time{Time::duration{last_.load(std::memory_order_relaxed)}};
}

void Heartbeat::update_cpu() {
  timespec used{};
  if (::clock_gettime(cpu_clock_, &used) != 0) return;
  const double seconds = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
  cpu_.Increment(std::max(0.0, seconds - cpu_.Value()));
}

void Health::ready_when(std::string name, std::function<bool()> condition) {
  conditions_.push_back({std::move(name), std::move(condition)});
}

std::vector<std::string> Health::missing() const {
  if (draining_) return {"draining"};
  if (!running_) return {"starting"};
  std::vector<std::string> names;
  for (const auto& condition : conditions_) {
    if (!condition.holds()) names.push_back(condition.name);
  }
  return names;
}

unsigned Health::reserve_worker_numbers(unsigned count) {
  const std::unique_lock lock{mutex_};
  return std::exchange(worker_numbers_, worker_numbers_ + count);
}

std::shared_ptr<Heartbeat> Health::add_heartbeat(const std::string& name, const std::string& kind) {
  auto heartbeat =
      std::make_shared<Heartbeat>(registry_, name, kind, std::chrono::steady_clock::now());
  const std::unique_lock lock{mutex_};
  heartbeats_.push_back(heartbeat);
  return heartbeat;
}

std::vector<std::shared_ptr<Heartbeat>> Health::heartbeats() {
  std::vector<std::shared_ptr<Heartbeat>> alive;
  const std::unique_lock lock{mutex_};
  std::erase_if(heartbeats_, [](const auto& heartbeat) { return heartbeat.expired(); });
  for (const auto& heartbeat : heartbeats_) {
    if (auto one = heartbeat.lock()) alive.push_back(std::move(one));
  }
  return alive;
}

std::vector<std::string> Health::stuck(Time now) {
  std::vector<std::string> names;
  for (const auto& heartbeat : heartbeats()) {
    if (heartbeat->silence(now) > kStuckAfter) names.push_back(heartbeat->name());
  }
  return names;
}

void Health::update_metrics() {
  for (const auto& heartbeat : heartbeats()) heartbeat->update_cpu();
}

}  // namespace pbx::runtime
