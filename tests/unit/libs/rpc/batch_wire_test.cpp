#include "rpc/batch_wire.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "pbx/registrar/v1/registrar.pb.h"

using namespace pbx;

namespace {

registrar::v1::RegisterRequest request(std::uint64_t id, std::string message) {
  registrar::v1::RegisterRequest item;
  item.set_id(id);
  item.set_message(std::move(message));
  return item;
}

std::vector<std::string> items_of(std::string_view batch, bool& ok) {
  std::vector<std::string> items;
  rpc::BatchReader reader{batch};
  while (const auto item = reader.next()) items.emplace_back(*item);
  ok = reader.ok();
  return items;
}

}  // namespace

TEST_CASE("A batch built item by item is the message that protobuf reads", "[rpc]") {
  std::string batch;
  for (const auto id : {1, 300, 70'000}) {
    rpc::append_item(batch, request(id, std::string(static_cast<std::size_t>(id), 'x')));
  }
  registrar::v1::RegisterBatch parsed;
  REQUIRE(parsed.ParseFromString(batch));
  REQUIRE(parsed.requests_size() == 3);
  CHECK(parsed.requests(2).id() == 70'000);
  CHECK(parsed.requests(2).message().size() == 70'000);
  CHECK(parsed.SerializeAsString() == batch);
}

TEST_CASE("The items of a protobuf batch are found one by one", "[rpc]") {
  registrar::v1::RegisterBatch batch;
  *batch.add_requests() = request(7, "first");
  *batch.add_requests() = request(1ull << 40, "second");
  batch.add_requests();  // an item without any field

  bool ok = false;
  const auto items = items_of(batch.SerializeAsString(), ok);
  REQUIRE(ok);
  REQUIRE(items.size() == 3);
  CHECK(rpc::item_id(items[0]) == 7);
  CHECK(rpc::item_id(items[1]) == 1ull << 40);
  CHECK(rpc::item_id(items[2]) == 0);
  CHECK(rpc::count_items(batch.SerializeAsString()) == 3);
}

TEST_CASE("Fields that a newer peer adds to a batch are skipped", "[rpc]") {
  std::string batch;
  batch += "\x10\x96\x01";  // field 2, varint
  rpc::append_item(batch, std::string_view{"one"});
  batch += std::string{"\x19\0\0\0\0\0\0\0\0", 9};  // field 3, 64 bits
  batch += "\x22\x02hi";                            // field 4, bytes
  batch += std::string{"\x2D\0\0\0\0", 5};          // field 5, 32 bits
  rpc::append_item(batch, std::string_view{"two"});
  bool ok = false;
  CHECK(items_of(batch, ok) == std::vector<std::string>{"one", "two"});
  CHECK(ok);
}

TEST_CASE("Malformed batches are told from their end", "[rpc]") {
  const auto bytes = GENERATE(as<std::string>{},
                              "\x0A",  // no length
                              "\x0A\x05"
                              "abc",       // shorter than it says
                              "\x0B\x01",  // group
                              "\x02\x01"
                              "a",  // field 0
                              "\x22\x7F"
                              "a",  // other field, too short
                              "\x19"
                              "abc",                                           // 64 bits, too short
                              "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",  // endless varint
                              "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F");     // huge length
  CAPTURE(bytes);
  bool ok = true;
  CHECK(items_of(bytes, ok).empty());
  CHECK_FALSE(ok);
  CHECK_FALSE(rpc::count_items(bytes));
}

TEST_CASE("An item's id is found behind fields that came first", "[rpc]") {
  CHECK(rpc::item_id("\x12\x02hi\x08\x05") == 5);
  CHECK(rpc::item_id("\x12\x7F") == 0);
  CHECK(rpc::item_id("\x08") == 0);
}
