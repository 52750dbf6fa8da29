#include "net/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <unordered_set>

#include "core/errc.hpp"

using namespace pbx;
using net::Address;
using namespace std::string_literals;

TEST_CASE("An address with a port is read and written", "[net]") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({
      {"192.0.2.1:5060", "192.0.2.1:5060"},
      {"0.0.0.0:0", "0.0.0.0:0"},
      {"255.255.255.255:65535", "255.255.255.255:65535"},
      {"[2001:db8::1]:5060", "[2001:db8::1]:5060"},
      {"[2001:0DB8:0:0:0:0:0:1]:5060", "[2001:db8::1]:5060"},
      {"[::]:0", "[::]:0"},
      {"[::ffff:192.0.2.1]:5060", "192.0.2.1:5060"},
      {"[fe80::1%1]:5060", "[fe80::1%1]:5060"},
  }));
  CAPTURE(text);
  const auto address = Address::parse(text);
  REQUIRE(address);
  CHECK(address->to_string() == written);
  CHECK(*Address::parse(address->to_string()) == *address);
}

TEST_CASE("What is not an address with a port is refused", "[net]") {
  const auto text =
      GENERATE(as<std::string>{}, "", ":", ":5060", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536",
               "192.0.2.1:-1", "192.0.2.1:+1", "192.0.2.1: 1", "192.0.2.1:5060 ", " 192.0.2.1:5060",
               "192.0.2.1:5060:1", "192.0.2:5060", "192.0.2.256:5060", "192.0.2.01.5:5060",
               "localhost:5060", "[192.0.2.1]:5060", "2001:db8::1:5060", "[2001:db8::1]",
               "[2001:db8::1]:", "[2001:db8::1:5060", "[2001:db8::g]:5060", "[::1]5060", "[]:5060",
               "[fe80::1%]:5060", "[fe80::1%nosuchdevice0]:5060", "[fe80::1%lo:a]:5060",
               "[::1]]:5060", "192.0.2.1\0:5060"s,
               "1111111111111111111111111111111111111111111111111111111111111.1.1.1:5060");
  CAPTURE(text);
  const auto address = Address::parse(text);
  CHECK_FALSE(address);
  CHECK(address.error() == Errc::InvalidArgument);
}

TEST_CASE("The host of a SIP URI may be in brackets", "[net]") {
  CHECK(Address::parse_ip("192.0.2.1", 5060)->to_string() == "192.0.2.1:5060");
  CHECK(Address::parse_ip("[2001:db8::1]", 5061)->to_string() == "[2001:db8::1]:5061");
  CHECK(Address::parse_ip("2001:db8::1", 5061)->to_string() == "[2001:db8::1]:5061");
  CHECK(Address::parse_ip("2001:db8::1", 1)->ip() == "2001:db8::1");
  CHECK(Address::parse_ip("2001:db8::1", 1)->uri_host() == "[2001:db8::1]");
  for (const auto* const text : {"", "[", "[]", "[192.0.2.1]", "example.org", "1.2.3.4.5", "1"}) {
    CAPTURE(text);
    CHECK_FALSE(Address::parse_ip(text, 5060));
  }
}

TEST_CASE("Addresses are sorted by where they can be reached from", "[net]") {
  struct Row {
    std::string ip;
    bool loopback, is_private, multicast, unspecified;
  };
  const auto row = GENERATE(values<Row>({
      {"127.0.0.1", true, false, false, false},
      {"127.255.0.11", true, false, false, false},
      {"::1", true, false, false, false},
      {"10.1.2.3", false, true, false, false},
      {"172.15.0.1", false, false, false, false},
      {"172.16.0.1", false, true, false, false},
      {"172.31.255.255", false, true, false, false},
      {"172.32.0.1", false, false, false, false},
      {"192.168.0.1", false, true, false, false},
      {"192.169.0.1", false, false, false, false},
      {"100.63.0.1", false, false, false, false},
      {"100.64.0.1", false, true, false, false},
      {"100.127.255.255", false, true, false, false},
      {"100.128.0.1", false, false, false, false},
      {"169.254.1.1", false, true, false, false},
      {"8.8.8.8", false, false, false, false},
      {"224.0.1.75", false, false, true, false},
      {"240.0.0.1", false, false, false, false},
      {"0.0.0.0", false, false, false, true},
      {"::", false, false, false, true},
      {"fe80::1", false, true, false, false},
      {"fec0::1", false, false, false, false},
      {"fd00::1", false, true, false, false},
      {"2001:db8::1", false, false, false, false},
      {"ff02::1", false, false, true, false},
  }));
  CAPTURE(row.ip);
  const auto address = *Address::parse_ip(row.ip, 5060);
  CHECK(address.is_loopback() == row.loopback);
  CHECK(address.is_private() == row.is_private);
  CHECK(address.is_multicast() == row.multicast);
  CHECK(address.is_unspecified() == row.unspecified);
}

TEST_CASE("An address goes through the kernel's form unchanged", "[net]") {
  const auto* const text = GENERATE("192.0.2.1:5060", "[2001:db8::1]:5061", "[fe80::1%1]:5062");
  const auto address = *Address::parse(text);
  sockaddr_storage name{};
  const auto length = address.to_sockaddr(name);
  CHECK(length == (address.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
  CHECK(Address::from_sockaddr(reinterpret_cast<const sockaddr&>(name)) == address);
}

TEST_CASE("A socket of another family has no address", "[net]") {
  sockaddr_storage name{};
  name.ss_family = AF_UNIX;
  const auto address = Address::from_sockaddr(reinterpret_cast<const sockaddr&>(name));
  CHECK_FALSE(address);
  CHECK(address == Address{});
  CHECK(address.ip_bytes().empty());
}

TEST_CASE("An IPv4 peer is one address however the socket saw it", "[net]") {
  const auto plain = *Address::parse("192.0.2.1:5060");
  const auto mapped = *Address::parse("[::ffff:192.0.2.1]:5060");
  CHECK(plain == mapped);
  CHECK(plain.hash() == mapped.hash());
  CHECK(plain.ip_bytes() == "\xC0\x00\x02\x01"s);
}

TEST_CASE("Neighbouring addresses spread over a hash table", "[net]") {
  std::unordered_set<std::size_t> buckets;
  for (std::uint8_t host = 0; host < 255; ++host) {
    for (std::uint16_t port = 5060; port < 5070; ++port) {
      buckets.insert(Address::v4({10, 0, 0, host}, port).hash() % 65536);
    }
  }
  CHECK(buckets.size() > 2400);  // of 2550: about what chance gives
}

TEST_CASE("A host with a port may be a name", "[net]") {
  CHECK(*net::parse_host_port("redis.example.net:6379") ==
        net::HostPort{"redis.example.net", 6379});
  CHECK(*net::parse_host_port("kafka_1:9092") == net::HostPort{"kafka_1", 9092});
  CHECK(*net::parse_host_port("127.0.0.1:1") == net::HostPort{"127.0.0.1", 1});
  CHECK(*net::parse_host_port("[::1]:6379") == net::HostPort{"::1", 6379});
  for (const auto* const text :
       {"", "redis", "redis:", ":6379", "redis:0", "redis:65536", "re dis:1", "redis/0:1",
        "user@redis:1", "[redis]:1", "[127.0.0.1]:1", "::1:6379"}) {
    CAPTURE(text);
    CHECK(net::parse_host_port(text).error() == Errc::InvalidArgument);
  }
}
