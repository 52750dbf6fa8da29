#include "net/tcp_sources.hpp"

#include <catch2/catch.hpp>

using namespace pbx;

namespace {

net::Address at(const char* text) { return *net::Address::parse(text); }

}  // namespace

TEST_CASE("A source is an IPv4 address or an IPv6 network of 64 bits", "[net]") {
  const auto [first, other, same] = GENERATE(table<const char*, const char*, bool>({
      {"192.0.2.1:1024", "192.0.2.1:1025", true},
      {"192.0.2.1:1024", "192.0.2.2:1024", false},
      {"[2001:db8:0:1::1]:1", "[2001:db8:0:1:ffff::2]:2", true},
      {"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false},
      {"[::ffff:192.0.2.1]:1", "192.0.2.1:2", true},
  }));
  CAPTURE(first, other);
  net::TcpSources sources{1};
  REQUIRE(sources.enter(at(first)));
  CHECK(sources.enter(at(other)) != same);
}

TEST_CASE("A source that has left may enter again, and is forgotten when it has none", "[net]") {
  net::TcpSources sources{2};
  const auto peer = at("192.0.2.1:5060");
  CHECK(sources.enter(peer));
  CHECK(sources.enter(peer));
  CHECK_FALSE(sources.enter(peer));
  sources.leave(peer);
  CHECK(sources.enter(peer));
  sources.leave(peer);
  sources.leave(peer);
  CHECK(sources.size() == 0);
}
