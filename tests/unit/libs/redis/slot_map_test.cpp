#include "redis/slot_map.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "core/errc.hpp"
#include "redis/fan_out.hpp"
#include "redis/reply_reader.hpp"

using namespace pbx;
using redis::Address;
using redis::parse_redirect;
using redis::Redirect;
using redis::SlotMap;

namespace {

const Address kAsked{"10.0.0.9", 7000};

std::string number(std::int64_t value) { return ":" + std::to_string(value) + "\r\n"; }
std::string text(const std::string& value) {
  return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}
std::string array(const std::vector<std::string>& elements) {
  auto bytes = "*" + std::to_string(elements.size()) + "\r\n";
  for (const auto& element : elements) bytes.append(element);
  return bytes;
}
std::string node(const std::string& host, std::int64_t port) {
  return array({text(host), number(port), text("id"), array({})});
}
std::string range(std::int64_t first, std::int64_t last, const std::string& host) {
  return array({number(first), number(last), node(host, 7001), node(host, 7002)});
}

Result<SlotMap> parse(const std::string& bytes) {
  redis::ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  REQUIRE(reply);
  REQUIRE(*reply);
  return SlotMap::parse(**reply, kAsked);
}

}  // namespace

TEST_CASE("A slot map tells the master of each slot", "[redis]") {
  auto map = parse(array({range(0, 99, "a"), range(100, 16'382, "b"), range(16'383, 16'383, "a")}));
  REQUIRE(map);
  CHECK(map->masters() == std::vector<Address>{{"a", 7001}, {"b", 7001}});
  CHECK(map->nodes().size() == 4);
  CHECK(*map->master_of(99) == Address{"a", 7001});
  CHECK(*map->master_of(100) == Address{"b", 7001});
  CHECK(*map->master_of(16'383) == Address{"a", 7001});

  REQUIRE(map->assign(5, {"c", 1}));
  CHECK(*map->master_of(5) == Address{"c", 1});
  CHECK(map->masters().size() == 3);
}

TEST_CASE("A slot map may have gaps, and hosts that the node leaves out", "[redis]") {
  const auto map = parse(array({range(10, 19, "")}));
  REQUIRE(map);
  CHECK(map->master_of(9) == nullptr);
  CHECK(*map->master_of(10) == Address{"10.0.0.9", 7001});
  const auto unknown = parse(array({array({number(0), number(1), array({"$-1\r\n", number(7)})})}));
  REQUIRE(unknown);
  CHECK(*unknown->master_of(0) == Address{"10.0.0.9", 7});
}

TEST_CASE("A malformed slot map is refused", "[redis]") {
  const auto bad =
      GENERATE(std::string{"*0\r\n"}, std::string{"$2\r\nhi\r\n"}, std::string{"*-1\r\n"},
               array({number(1)}), array({range(5, 4, "a")}), array({range(-1, 4, "a")}),
               array({range(0, 16'384, "a")}), array({range(0, 1, "a b")}),
               array({range(0, 1, std::string(256, 'a'))}), array({array({number(0), number(1)})}),
               array({array({number(0), number(1), text("a")})}),
               array({array({text("0"), number(1), node("a", 1)})}),
               array({array({number(0), number(1), node("a", 0)})}),
               array({array({number(0), number(1), node("a", 65'536)})}),
               array({array({number(0), number(1), array({text("a")})})}),
               array({array({number(0), number(1), array({text("a"), text("1")})})}),
               array({range(0, 1, "a"), number(1)}));
  CAPTURE(bad);
  CHECK(parse(bad).error() == Errc::BadData);
}

TEST_CASE("A slot map with too many nodes is refused", "[redis]") {
  std::vector<std::string> nodes{number(0), number(1)};
  for (int i = 0; i < 101; ++i) nodes.push_back(node("a", 1 + i));
  CHECK(parse(array({array(nodes)})).error() == Errc::BadData);
  std::vector<std::string> ranges;
  for (int i = 0; i < 1001; ++i) ranges.push_back(range(i, i, "host" + std::to_string(i)));
  CHECK(parse(array(ranges)).error() == Errc::BadData);
}

TEST_CASE("Redirections name slot and node", "[redis]") {
  const auto moved = parse_redirect("MOVED 3999 127.0.0.1:6381", kAsked);
  REQUIRE(moved);
  CHECK(moved->kind == Redirect::Kind::Moved);
  CHECK(moved->slot == 3999);
  CHECK(moved->to == Address{"127.0.0.1", 6381});
  const auto ask = parse_redirect("ASK 0 2001:db8::1:6381", kAsked);
  REQUIRE(ask);
  CHECK(ask->kind == Redirect::Kind::Ask);
  CHECK(ask->to == Address{"2001:db8::1", 6381});
  CHECK(parse_redirect("MOVED 1 :6381", kAsked)->to == Address{"10.0.0.9", 6381});
  CHECK(parse_redirect("TRYAGAIN Multiple keys", kAsked)->kind == Redirect::Kind::TryAgain);
  CHECK(parse_redirect("CLUSTERDOWN The cluster is down", kAsked)->kind ==
        Redirect::Kind::ClusterDown);
  CHECK(parse_redirect("ERR wrong", kAsked).error() == Errc::NotFound);
  const auto* bad = GENERATE("MOVED ", "MOVED 1", "MOVED x 1.2.3.4:5", "MOVED 16384 1.2.3.4:5",
                             "MOVED 1 1.2.3.4:0", "MOVED 1 1.2.3.4:65536", "ASK 1 a b:5",
                             "ASK 1 1.2.3.4", "MOVED -1 h:1", "MOVED 1:2 h");
  CAPTURE(bad);
  CHECK(parse_redirect(bad, kAsked).error() == Errc::BadData);
}

TEST_CASE("SCAN goes from master to master", "[redis]") {
  const auto map = parse(array({range(10, 99, "a"), range(100, 200, "b"), range(201, 300, "a")}));
  CHECK(redis::next_master(*map, 0) == 10);
  CHECK(redis::next_master(*map, 10) == 10);
  CHECK(redis::next_master(*map, 11) == 100);
  CHECK(redis::next_master(*map, 101) == std::nullopt);

  const auto shown = redis::format_scan_cursor({77, 100});
  REQUIRE(shown);
  CHECK(redis::parse_scan_cursor(*shown)->server == 77);
  CHECK(redis::parse_scan_cursor(*shown)->slot == 100);
  CHECK(redis::parse_scan_cursor("0")->slot == 0);
  CHECK_FALSE(redis::format_scan_cursor({1ull << 50, 0}));
  CHECK_FALSE(redis::parse_scan_cursor("1x"));
}
