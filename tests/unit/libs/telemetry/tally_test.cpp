#include "telemetry/tally.hpp"

#include <catch2/catch.hpp>

#include "telemetry/metrics.hpp"

using namespace pbx;

namespace {

constexpr unsigned kBounds = 4;

prometheus::Histogram make() {
  return prometheus::Histogram{telemetry::exponential_buckets(1, 2, kBounds)};
}

}  // namespace

TEST_CASE("A tally fills the buckets that observations would have filled", "[metrics]") {
  auto tallied = make(), observed = make();
  telemetry::Tally tally{tallied, kBounds};
  for (const std::size_t size : {0, 1, 2, 3, 4, 5, 8, 9, 16, 1'000'000}) {
    tally.add(size);
    observed.Observe(static_cast<double>(size));
  }
  tally.publish();
  const auto got = tallied.Collect().histogram, wanted = observed.Collect().histogram;
  CHECK(got.sample_count == wanted.sample_count);
  CHECK(got.sample_sum == wanted.sample_sum);
  REQUIRE(got.bucket.size() == wanted.bucket.size());
  for (std::size_t i = 0; i < got.bucket.size(); ++i) {
    CHECK(got.bucket[i].cumulative_count == wanted.bucket[i].cumulative_count);
  }
}

TEST_CASE("A tally shows nothing before it is published, and nothing twice", "[metrics]") {
  auto histogram = make();
  telemetry::Tally tally{histogram, kBounds};
  tally.add(3);
  CHECK(histogram.Collect().histogram.sample_count == 0);
  tally.publish();
  tally.publish();
  CHECK(histogram.Collect().histogram.sample_count == 1);
}
