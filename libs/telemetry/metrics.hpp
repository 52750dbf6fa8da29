#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Registry;
}

/// Metrics are made once, in a module's metrics.hpp, and kept by reference: a look-up costs thirty
/// times an increment. Names are `pbx_<service>_<noun>_<unit>[_total]`, labels come from closed
/// sets only. The same name and labels give the same object. A name that exists as another kind
/// throws.
namespace pbx::telemetry {

using Labels = std::map<std::string, std::string>;
using Buckets = std::vector<double>;

prometheus::Counter& counter(prometheus::Registry& registry, const std::string& name,
                             const std::string& help, const Labels& labels = {});
prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name,
                         const std::string& help, const Labels& labels = {});
prometheus::Histogram& histogram(prometheus::Registry& registry, const std::string& name,
                                 const std::string& help, const Buckets& buckets,
                                 const Labels& labels = {});

/// `count` upper bounds: first, first·factor, first·factor² …
Buckets exponential_buckets(double first, double factor, unsigned count);
/// Seconds, 100 µs to 10 s, three a decade: for anything that waits for a peer.
Buckets latency_buckets();

/// What a scrape answers (text format 0.0.4).
std::string expose(const prometheus::Registry& registry);

}  // namespace pbx::telemetry
