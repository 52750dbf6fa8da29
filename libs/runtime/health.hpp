#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace prometheus {
class Registry;
}

namespace pbx::runtime {

/// One loop's sign of life: it beats every quarter of a second. Beats on the loop's thread, is
/// judged on the main thread.
class Heartbeat {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `kind` ("main", "worker") labels the lag, `name` ("worker-0") the processor time. Made on the
  /// loop's thread.
  Heartbeat(prometheus::Registry& registry, std::string name, const std::string& kind, Time now);

  void beat(Time now, std::chrono::nanoseconds late);
  std::chrono::nanoseconds silence(Time now) const;
  void update_cpu();
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
  prometheus::Histogram& lag_;
  prometheus::Counter& cpu_;
  clockid_t cpu_clock_{};
  std::atomic<Time::rep> last_;
};

inline constexpr std::chrono::milliseconds kBeatEvery{250};
inline constexpr std::chrono::seconds kStuckAfter{10};

/// What /healthz and /readyz answer.
class Health {
 public:
  using Time = Heartbeat::Time;

  explicit Health(prometheus::Registry& registry) : registry_{registry} {}

  /// Main thread.
  void ready_when(std::string name, std::function<bool()> condition);
  void set_running() { running_ = true; }
  void set_draining() { draining_ = true; }
  /// Names of what keeps the service from being ready; none when it is.
  std::vector<std::string> missing() const;

  /// Numbers for the names of `count` workers, which a second pool must not have again.
  unsigned reserve_worker_numbers(unsigned count);
  /// From the thread of the loop. It is judged as long as it exists.
  std::shared_ptr<Heartbeat> add_heartbeat(const std::string& name, const std::string& kind);
  /// Loops that have not beaten for kStuckAfter.
  std::vector<std::string> stuck(Time now);
  /// Before a scrape.
  void update_metrics();

 private:
  std::vector<std::shared_ptr<Heartbeat>> heartbeats();

  struct Condition {
    std::string name;
    std::function<bool()> holds;
  };
  prometheus::Registry& registry_;
  std::vector<Condition> conditions_;
  bool running_ = false;
  bool draining_ = false;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Heartbeat>> heartbeats_;
  unsigned worker_numbers_ = 0;
};

}  // namespace pbx::runtime
