#include "cluster/event_spool.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "core/errc.hpp"
#include "support/temp_dir.hpp"

using namespace pbx;
using cluster::EventSpool;

namespace {

struct Fixture {
  test::TempDir folder;

  EventSpool::Options options(std::uint64_t max = 1u << 20,
                              std::uint64_t segment = 1u << 16) const {
    return {folder.path() / "spool", max, segment};
  }
  static Result<std::uint64_t> append(EventSpool& spool, const std::string& payload) {
    return spool.append({1, "calls", "key", payload});
  }
  static std::vector<std::string> payloads(EventSpool& spool, std::size_t limit = 1000) {
    std::vector<std::string> found;
    for (auto& entry : spool.read(limit)) found.push_back(std::move(entry.payload));
    return found;
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator{folder.path() / "spool"}) {
      if (entry.path().extension() == ".spool") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
};

using Payloads = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "A spool gives its events back in order until they are acknowledged",
                 "[cluster]") {
  EventSpool spool{options()};
  CHECK(spool.records() == 0);
  for (const auto* payload : {"1", "2", "3"}) REQUIRE(append(spool, payload));
  CHECK(spool.records() == 3);
  CHECK(payloads(spool, 2) == Payloads{"1", "2"});
  CHECK(payloads(spool, 2) == Payloads{"3"});
  CHECK(payloads(spool, 2).empty());
  spool.rewind();
  auto entries = spool.read(2);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].topic == "calls");
  CHECK(entries[0].key == "key");
  spool.acknowledge(entries[0].number);
  CHECK(spool.records() == 2);
  spool.rewind();
  CHECK(payloads(spool) == Payloads{"2", "3"});
  REQUIRE(append(spool, "4"));
  CHECK(payloads(spool) == Payloads{"4"});
  spool.acknowledge(4);
  CHECK(spool.records() == 0);
  CHECK(spool.bytes() == 0);
  CHECK(files().empty());
  REQUIRE(append(spool, "5"));
  CHECK(payloads(spool) == Payloads{"5"});
}

TEST_CASE_METHOD(Fixture, "A spool survives its process", "[cluster]") {
  {
    EventSpool spool{options()};
    for (int i = 0; i < 10; ++i) REQUIRE(append(spool, std::to_string(i)));
    spool.acknowledge(spool.read(4).back().number);
  }
  {
    EventSpool spool{options()};
    CHECK(spool.records() == 6);
    REQUIRE(append(spool, "10"));
    const auto entries = spool.read(100);
    REQUIRE(entries.size() == 7);
    CHECK(entries.front().payload == "4");
    CHECK(entries.back().payload == "10");
    spool.acknowledge(entries.back().number);
  }
  EventSpool spool{options()};
  CHECK(spool.records() == 0);
  REQUIRE(append(spool, "11"));
  CHECK(payloads(spool) == Payloads{"11"});
}

TEST_CASE_METHOD(Fixture, "Files are of bounded size and go when they are done with", "[cluster]") {
  const auto small = options(1u << 20, 1000);
  {
    EventSpool spool{small};
    for (int i = 0; i < 100; ++i) REQUIRE(append(spool, std::string(100, 'x')));
    CHECK(files().size() > 10);
    for (const auto& file : files()) CHECK(std::filesystem::file_size(file) <= 1000);
    spool.acknowledge(spool.read(50).back().number);
    CHECK(files().size() < 10);
  }
  EventSpool spool{small};
  CHECK(spool.records() == 50);
  CHECK(payloads(spool).size() == 50);
  spool.acknowledge(50);
  CHECK(files().empty());
}

TEST_CASE_METHOD(Fixture, "A full spool refuses, and takes events again when there is room",
                 "[cluster]") {
  EventSpool spool{options(2000, 500)};
  std::size_t taken = 0;
  while (append(spool, std::string(100, 'x'))) ++taken;
  CHECK(taken >= 10);
  CHECK(taken <= 20);
  CHECK(spool.bytes() <= 2000);
  CHECK(append(spool, std::string(100, 'x')).error() == Errc::Overloaded);
  CHECK(append(spool, std::string(cluster::kMaxSpoolRecord, 'x')).error() == Errc::InvalidArgument);
  CHECK(spool.records() == taken);
  spool.acknowledge(spool.read(5).back().number);
  CHECK(append(spool, "fits"));
}

TEST_CASE_METHOD(Fixture, "A tail torn by a crash is cut off, all before it is kept", "[cluster]") {
  {
    EventSpool spool{options()};
    for (const auto* payload : {"1", "2", "3"}) REQUIRE(append(spool, payload));
  }
  const auto file = files().at(0);
  const auto size = std::filesystem::file_size(file);
  SECTION("within the last event") { std::filesystem::resize_file(file, size - 3); }
  SECTION("garbage behind a shorter tail") {
    std::filesystem::resize_file(file, size - 3);
    std::ofstream{file, std::ios::app | std::ios::binary} << std::string(100, '\xee');
  }
  {
    EventSpool spool{options()};
    CHECK(spool.records() == 2);
    REQUIRE(append(spool, "4"));
    CHECK(payloads(spool) == Payloads{"1", "2", "4"});
  }
  EventSpool spool{options()};
  CHECK(payloads(spool) == Payloads{"1", "2", "4"});
}

TEST_CASE_METHOD(Fixture, "A damaged file costs its rest, not the files behind it", "[cluster]") {
  const auto small = options(1u << 20, 300);
  {
    EventSpool spool{small};
    for (int i = 0; i < 9; ++i) REQUIRE(append(spool, std::string(60, static_cast<char>('0' + i))));
  }
  const auto damaged = files().at(1);
  std::fstream{damaged, std::ios::in | std::ios::out | std::ios::binary}.seekp(120) << "damage";
  EventSpool spool{small};
  const auto found = payloads(spool);
  CHECK(found.size() < 9);
  CHECK(found.size() >= 6);
  CHECK(found.back() == std::string(60, '8'));
  CHECK(std::is_sorted(found.begin(), found.end()));
  spool.acknowledge(found.size());
  CHECK(spool.records() == 0);
}

TEST_CASE_METHOD(Fixture, "A lost or foreign cursor sends again, it never skips", "[cluster]") {
  {
    EventSpool spool{options()};
    for (const auto* payload : {"1", "2", "3"}) REQUIRE(append(spool, payload));
    spool.acknowledge(spool.read(2).back().number);
  }
  std::ofstream{folder.path() / "spool" / "cursor", std::ios::binary} << "not a cursor at all....";
  EventSpool spool{options()};
  CHECK(payloads(spool) == Payloads{"1", "2", "3"});
}

TEST_CASE_METHOD(Fixture, "A spool belongs to one process at a time", "[cluster]") {
  EventSpool spool{options()};
  CHECK_THROWS_AS(EventSpool{options()}, std::system_error);
}

TEST_CASE_METHOD(Fixture, "Events larger than a read chunk come back whole", "[cluster]") {
  EventSpool spool{options(64u << 20, 32u << 20)};
  const std::string large(3u << 20, 'x');
  REQUIRE(append(spool, large));
  REQUIRE(append(spool, "small"));
  CHECK(payloads(spool) == Payloads{large, "small"});
}
