#include "core/backoff.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace pbx;
using namespace std::chrono_literals;

namespace {

struct Range {
  std::chrono::milliseconds least, most;
};

/// Of many draws.
template <class Draw>
Range range_of(Draw&& draw) {
  Range seen{1h, 0ms};
  for (int i = 0; i < 1'000; ++i) {
    const auto wait = draw();
    seen.least = std::min<std::chrono::milliseconds>(seen.least, wait);
    seen.most = std::max<std::chrono::milliseconds>(seen.most, wait);
  }
  return seen;
}

}  // namespace

TEST_CASE("Attempts back off by doubling, up to a bound, and never all at once", "[backoff]") {
  const auto [failures, full] = GENERATE(table<std::size_t, std::chrono::milliseconds>(
      {{0, 50ms}, {1, 100ms}, {5, 1600ms}, {6, 2000ms}, {1'000'000'000, 2000ms}}));
  CAPTURE(failures);
  const auto failed = failures;
  const auto seen = range_of([&] { return backoff(50ms, 2000ms, failed); });
  CHECK(seen.least >= full / 2);
  CHECK(seen.most <= full);
  CHECK(seen.least < full * 6 / 10);
  CHECK(seen.most > full * 9 / 10);
}

TEST_CASE("Regular times are spread by a quarter to both sides", "[backoff]") {
  const auto seen = range_of([] { return jittered(1000ms); });
  CHECK(seen.least >= 750ms);
  CHECK(seen.most <= 1250ms);
  CHECK(seen.least < 800ms);
  CHECK(seen.most > 1200ms);
  CHECK(jittered(0ms) == 0ms);
}
