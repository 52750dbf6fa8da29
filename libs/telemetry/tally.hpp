#pragma once

#include <prometheus/histogram.h>

#include <bit>
#include <cstddef>
#include <vector>

namespace pbx::telemetry {

/// Sizes counted by one thread for a histogram that many share: without a lock or an atomic, until
/// publish() adds what has gathered. For what happens thousands of times a second.
class Tally {
 public:
  /// `histogram` has exponential_buckets(1, 2, bounds).
  Tally(prometheus::Histogram& histogram, unsigned bounds)
      : histogram_{histogram}, counts_(bounds + 1) {}

  void add(std::size_t size) {
    const auto bucket = size <= 1 ? 0U : static_cast<unsigned>(std::bit_width(size - 1));
    counts_[bucket < counts_.size() ? bucket : counts_.size() - 1] += 1;
    sum_ += static_cast<double>(size);
  }
  void publish();

 private:
  prometheus::Histogram& histogram_;
  std::vector<double> counts_;
  double sum_ = 0;
};

}  // namespace pbx::telemetry
