#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <string_view>

namespace prometheus {
class Registry;
}

namespace pbx::telemetry {

/// The process as Prometheus clients usually show it (process_cpu_seconds_total, resident memory,
/// open and allowed file descriptors, threads, start time) and pbx_build_info.
class ProcessMetrics {
 public:
  ProcessMetrics(prometheus::Registry& registry, std::string_view service,
                 std::string_view version);

  /// Reads /proc/self; call it before each scrape.
  void update();

 private:
  prometheus::Counter& cpu_;
  prometheus::Gauge& resident_;
  prometheus::Gauge& virtual_;
  prometheus::Gauge& open_fds_;
  prometheus::Gauge& max_fds_;
  prometheus::Gauge& threads_;
  prometheus::Gauge& start_;
};

}  // namespace pbx::telemetry
