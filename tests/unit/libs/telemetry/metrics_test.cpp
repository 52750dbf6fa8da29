#include "telemetry/metrics.hpp"

#include <prometheus/registry.h>

#include <catch2/catch.hpp>
#include <stdexcept>

#include "telemetry/process_metrics.hpp"

using namespace pbx;

TEST_CASE("The same name and labels are the same metric", "[metrics]") {
  prometheus::Registry registry;
  auto& first = telemetry::counter(registry, "pbx_test_calls_total", "Calls.", {{"kind", "a"}});
  auto& again = telemetry::counter(registry, "pbx_test_calls_total", "Calls.", {{"kind", "a"}});
  auto& other = telemetry::counter(registry, "pbx_test_calls_total", "Calls.", {{"kind", "b"}});
  CHECK(&first == &again);
  CHECK(&first != &other);
  first.Increment(2);
  const auto text = telemetry::expose(registry);
  CHECK(text.find("pbx_test_calls_total{kind=\"a\"} 2\n") != std::string::npos);
  CHECK(text.find("pbx_test_calls_total{kind=\"b\"} 0\n") != std::string::npos);
  CHECK(text.find("# TYPE pbx_test_calls_total counter\n") != std::string::npos);
}

TEST_CASE("A name cannot be two kinds of metric", "[metrics]") {
  prometheus::Registry registry;
  telemetry::counter(registry, "pbx_test_calls_total", "Calls.");
  CHECK_THROWS(telemetry::gauge(registry, "pbx_test_calls_total", "Calls."));
}

TEST_CASE("Buckets rise", "[metrics]") {
  CHECK(telemetry::exponential_buckets(1, 4, 4) == telemetry::Buckets{1, 4, 16, 64});
  const auto buckets = telemetry::latency_buckets();
  CHECK(std::is_sorted(buckets.begin(), buckets.end()));
  CHECK(buckets.front() == 0.0001);
  CHECK(buckets.back() == 10);
}

TEST_CASE("The process shows what it uses", "[metrics]") {
  prometheus::Registry registry;
  telemetry::ProcessMetrics metrics{registry, "proxy", "1.2.3"};
  metrics.update();
  const auto value = [&](const std::string& name) {
    for (const auto& family : registry.Collect()) {
      if (family.name != name) continue;
      const auto& metric = family.metric.at(0);
      return family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                            : metric.gauge.value;
    }
    throw std::runtime_error{name};
  };
  CHECK(value("process_resident_memory_bytes") > 1e6);
  CHECK(value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"));
  CHECK(value("process_open_fds") >= 3);
  CHECK(value("process_max_fds") >= value("process_open_fds"));
  CHECK(value("process_threads") >= 1);
  CHECK(value("process_start_time_seconds") > 1.7e9);
  CHECK(value("process_cpu_seconds_total") >= 0);
  CHECK(telemetry::expose(registry).find(
            "pbx_build_info{service=\"proxy\",version=\"1.2.3\"} 1\n") != std::string::npos);
}
