#include "net/gathering.hpp"

#include <catch2/catch.hpp>

using namespace pbx;
using namespace std::chrono_literals;

namespace {

using Time = net::Gathering::Time;

/// The pause after `datagrams` were read right at the end of the one before.
std::chrono::nanoseconds pause_after(net::Gathering& gathering, unsigned datagrams) {
  const auto now = std::max(gathering.next(), Time{1h});
  gathering.read(now, datagrams);
  return gathering.next() - now;
}

}  // namespace

TEST_CASE("Without a longest pause everything is read at once", "[net]") {
  net::Gathering gathering{0ms, 8};
  gathering.read(Time{1h}, 1);
  CHECK(gathering.next() <= Time{1h});
}

TEST_CASE("What comes after a lull is read at once", "[net]") {
  net::Gathering gathering{4ms, 8};
  CHECK(gathering.next() <= Time{1h});
  gathering.read(Time{1h}, 1);
  CHECK(gathering.next() <= Time{1h + 4ms});
}

TEST_CASE("Pauses of all processes end at the same moments", "[net]") {
  net::Gathering gathering{4ms, 8};
  for (const auto late : {0us, 1us, 1500us, 3999us}) {
    gathering.read(Time{1h + late}, 10);
    CHECK(gathering.next() == Time{1h + 4ms});
  }
}

TEST_CASE("The pause is shorter under more traffic, and as long as allowed under less", "[net]") {
  net::Gathering gathering{4ms, 8};
  CHECK(pause_after(gathering, 3) == 4ms);
  CHECK(pause_after(gathering, 16) == 4ms);
  CHECK(pause_after(gathering, 17) == 2ms);
  CHECK(pause_after(gathering, 10) == 2ms);
  for (int i = 0; i < 10; ++i) pause_after(gathering, 512);
  CHECK(pause_after(gathering, 512) == 250us);
  CHECK(pause_after(gathering, 8) == 250us);
  CHECK(pause_after(gathering, 3) == 500us);
  for (int i = 0; i < 10; ++i) pause_after(gathering, 1);
  CHECK(pause_after(gathering, 1) == 4ms);
}
