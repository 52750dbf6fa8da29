#include "redis/key_slot.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "model/redis_keys.hpp"

using namespace pbx;
using redis::crc16;
using redis::key_slot;

TEST_CASE("CRC16 is the one of Redis Cluster's specification", "[redis]") {
  STATIC_REQUIRE(crc16("123456789") == 0x31c3);
  CHECK(crc16("") == 0);
  CHECK(key_slot("foo") == 12182);
  CHECK(key_slot("bar") == 5061);
  CHECK(key_slot("somekey") == 11058);
  CHECK(key_slot("") == 0);
  CHECK(key_slot(std::string_view{"\xff\x00\x80", 3}) < redis::kSlots);
}

TEST_CASE("Only a hash tag counts where there is one", "[redis]") {
  CHECK(key_slot("{user1000}.following") == key_slot("user1000"));
  CHECK(key_slot("{user1000}.followers") == key_slot("user1000"));
  CHECK(key_slot("foo{bar}{zap}") == key_slot("bar"));
  CHECK(key_slot("foo{{bar}}zap") == key_slot("{bar"));
  const auto* whole = GENERATE("foo{}{bar}", "foo{bar", "foo}bar{", "{}");
  CAPTURE(whole);
  CHECK(key_slot(whole) == crc16(whole) % redis::kSlots);
}

TEST_CASE("What one server-side function touches is in one slot", "[redis]") {
  const auto* call_id = GENERATE("a@b", "", "{x}y", "}{", "{}", "4711@10.0.0.1");
  CAPTURE(call_id);
  const auto shard = redis_keys::dialog_shard(call_id);
  REQUIRE(shard < redis_keys::kDialogShards);
  CHECK(key_slot(redis_keys::dialog(call_id)) == key_slot(redis_keys::leases(shard)));
}

TEST_CASE("Every sixteenth of the slots has one shard of the dialogs", "[redis]") {
  for (std::uint32_t shard = 0; shard < redis_keys::kDialogShards; ++shard) {
    CHECK(key_slot(redis_keys::leases(shard)) / (redis::kSlots / redis_keys::kDialogShards) ==
          shard);
  }
}

TEST_CASE("Call-IDs spread over all shards", "[redis]") {
  std::vector<int> calls(redis_keys::kDialogShards);
  for (int i = 0; i < 1600; ++i) ++calls[redis_keys::dialog_shard(std::to_string(i) + "@host")];
  for (const int share : calls) {
    CHECK(share > 50);
    CHECK(share < 200);
  }
}
