#include "cluster/spool_codec.hpp"

#include <catch2/catch.hpp>

#include "core/errc.hpp"

using namespace pbx;
using cluster::SpoolRecord;

namespace {

std::string encode(const SpoolRecord& record) {
  std::string bytes;
  REQUIRE(cluster::append_spool_record(bytes, record));
  return bytes;
}

}  // namespace

TEST_CASE("A spooled event gives back what it was given", "[cluster]") {
  const SpoolRecord record{1'763'990'000'123, "calls", "c1", std::string_view{"a\0b", 3}};
  const auto bytes = encode(record);
  const auto with_more = bytes + "more";
  const auto parsed = cluster::parse_spool_record(with_more);
  REQUIRE(parsed);
  CHECK(parsed->record == record);
  CHECK(parsed->bytes == bytes.size());
  const auto empty = encode({});
  CHECK(cluster::parse_spool_record(empty)->record == SpoolRecord{});
}

TEST_CASE("A torn event is told from a garbled one", "[cluster]") {
  const auto bytes = encode({1, "calls", "c1", "payload"});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(cluster::parse_spool_record(bytes.substr(0, size)).error() == Errc::NotFound);
  }
  for (std::size_t at = 4; at < bytes.size(); ++at) {
    auto garbled = bytes;
    garbled[at] = static_cast<char>(garbled[at] ^ 0x10);
    CHECK(cluster::parse_spool_record(garbled).error() == Errc::BadData);
  }
  CHECK(cluster::parse_spool_record(std::string(64, '\0')).error() == Errc::BadData);
  CHECK(cluster::parse_spool_record(std::string(64, '\xff')).error() == Errc::BadData);
}

TEST_CASE("An event too long for the format is refused", "[cluster]") {
  std::string out = "as it was";
  const std::string large(cluster::kMaxSpoolRecord, 'x');
  CHECK(cluster::append_spool_record(out, {0, "calls", "c1", large}).error() ==
        Errc::InvalidArgument);
  CHECK(cluster::append_spool_record(out, {0, std::string(70'000, 't'), "c1", ""}).error() ==
        Errc::InvalidArgument);
  CHECK(out == "as it was");
}

TEST_CASE("The checksum is the well-known CRC-32", "[cluster]") {
  CHECK(cluster::crc32("123456789") == 0xcbf43926);
}
