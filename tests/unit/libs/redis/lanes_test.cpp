#include "redis/lanes.hpp"

#include <catch2/catch.hpp>

using namespace pbx;
using namespace std::chrono_literals;
using redis::Lanes;
using redis::Request;
using redis::RequestPtr;

namespace {

constexpr std::uint16_t kSlot = 7;
const Lanes::Time kStart{1h};

RequestPtr request(std::uint64_t number, Lanes::Time since = kStart, std::uint16_t slot = kSlot) {
  return RequestPtr{new Request{{"GET", "key"}, {}, since, number, slot}};
}

std::vector<std::uint64_t> numbers(const Lanes::Queue& queue) {
  std::vector<std::uint64_t> found;
  for (const auto& each : queue) found.push_back(each->number);
  return found;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("A slot's commands leave its lane together, in the order of sending", "[redis]") {
  Lanes lanes;
  lanes.sent(kSlot);
  lanes.sent(kSlot);
  lanes.settled(kSlot);
  lanes.hold(request(1), {});
  CHECK(lanes.held(kSlot));
  CHECK_FALSE(lanes.held(8));
  lanes.hold(request(3), {});                   // sent while the lane was there
  CHECK(lanes.release(kSlot, kStart).empty());  // number 2 is in flight
  lanes.settled(kSlot);
  lanes.hold(request(2), {});
  CHECK(numbers(lanes.release(kSlot, kStart)) == Numbers{1, 2, 3});
  CHECK_FALSE(lanes.held(kSlot));
  CHECK(lanes.size() == 0);
  CHECK(lanes.release(kSlot, kStart).empty());
}

TEST_CASE("A lane stays shut until the latest time that it was given", "[redis]") {
  Lanes lanes;
  lanes.hold(request(1), kStart + 20ms);
  lanes.hold(request(2), kStart + 10ms);
  CHECK(lanes.release(kSlot, kStart + 19ms).empty());
  CHECK(numbers(lanes.release(kSlot, kStart + 20ms)) == Numbers{1, 2});
}

TEST_CASE("Commands that waited too long leave their lanes", "[redis]") {
  Lanes lanes;
  lanes.hold(request(1), {});
  lanes.hold(request(2, kStart + 5ms), {});
  lanes.hold(request(3, kStart, 9), {});
  CHECK(numbers(lanes.expire(kStart + 1ms)).size() == 2);
  CHECK(lanes.slots() == std::vector<std::uint16_t>{kSlot});
  CHECK(lanes.size() == 1);
  CHECK(numbers(lanes.clear()) == Numbers{2});
  CHECK(lanes.size() == 0);
}
