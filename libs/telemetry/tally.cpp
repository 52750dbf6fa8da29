#include "telemetry/tally.hpp"

#include <algorithm>

namespace pbx::telemetry {

void Tally::publish() {
  histogram_.ObserveMultiple(counts_, sum_);
  std::fill(counts_.begin(), counts_.end(), 0);
  sum_ = 0;
}

}  // namespace pbx::telemetry
