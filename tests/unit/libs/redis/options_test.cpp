#include "redis/options.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "core/errc.hpp"

using namespace pbx;
using redis::parse_uri;

TEST_CASE("A Redis URI names host, port, database and transport", "[redis]") {
  const auto [uri, host, port, db, tls] = GENERATE(table<std::string, std::string, int, int, bool>({
      {"redis://127.0.0.1", "127.0.0.1", 6379, 0, false},
      {"redis://redis.pbx.test:7000/2", "redis.pbx.test", 7000, 2, false},
      {"rediss://redis.pbx.test/", "redis.pbx.test", 6379, 0, true},
      {"redis://[::1]:6380/1", "::1", 6380, 1, false},
      {"redis://[fe80::1]", "fe80::1", 6379, 0, false},
      {"redis://worker@10.0.0.1:1", "10.0.0.1", 1, 0, false},
  }));
  CAPTURE(uri);
  const auto options = parse_uri(uri);
  REQUIRE(options);
  CHECK(options->host == host);
  CHECK(options->port == port);
  CHECK(options->db == db);
  CHECK(options->tls == tls);
}

TEST_CASE("A Redis URI may name a user or a UNIX socket", "[redis]") {
  CHECK(parse_uri("redis://worker@10.0.0.1")->user == "worker");
  CHECK(parse_uri("unix:///run/redis.sock")->unix_path == "/run/redis.sock");
  CHECK(parse_uri("unix:///run/redis.sock?db=4")->db == 4);
  CHECK(parse_uri("redis://h", Secret{"pw"})->password.reveal() == "pw");
}

TEST_CASE("A Redis URI may name sentinels and their master", "[redis]") {
  const auto options =
      parse_uri("redis-sentinel://u@10.0.0.1:1,[::1]:2,sentinel/my.master_1-x/3", Secret{"pw"});
  REQUIRE(options);
  CHECK(options->topology == redis::Topology::Sentinel);
  CHECK(options->seeds ==
        std::vector<redis::Address>{{"10.0.0.1", 1}, {"::1", 2}, {"sentinel", 26'379}});
  CHECK(options->master_name == "my.master_1-x");
  CHECK(options->db == 3);
  CHECK(options->user == "u");
  CHECK_FALSE(options->tls);
  CHECK_FALSE(options->sentinel_auth);
  CHECK(parse_uri("rediss-sentinel://h/m?sentinel_auth=yes")->sentinel_auth);
  CHECK(parse_uri("rediss-sentinel://h/m")->tls);
}

TEST_CASE("A Redis URI may name nodes of a cluster", "[redis]") {
  const auto options = parse_uri("redis-cluster://u@10.0.0.1:7001,[::1]:7002,node/");
  REQUIRE(options);
  CHECK(options->topology == redis::Topology::Cluster);
  CHECK(options->seeds ==
        std::vector<redis::Address>{{"10.0.0.1", 7001}, {"::1", 7002}, {"node", 6379}});
  CHECK(options->user == "u");
  CHECK(parse_uri("rediss-cluster://h")->tls);
}

TEST_CASE("A bad Redis URI is refused, one with a password too", "[redis]") {
  const auto* uri = GENERATE(
      "", "127.0.0.1:6379", "http://h", "redis://", "redis://h:0", "redis://h:65536", "redis://h:x",
      "redis://h/x", "redis://h/-1", "redis://[::1", "redis://[::1]x", "redis://user:password@h",
      "redis://:password@h", "unix://relative", "unix:///s?x=1", "redis-sentinel://h",
      "redis-sentinel://h/", "redis-sentinel:///m", "redis-sentinel://h,/m",
      "redis-sentinel://h,,i/m", "redis-sentinel://h/my master", "redis-sentinel://h/m/x",
      "redis-sentinel://h:0/m", "redis-sentinel://u:p@h/m", "redis-sentinel://h/m?auth=no",
      "redis-cluster://", "redis-cluster://h/1", "redis-cluster://h:7001,", "redis-clusters://h",
      "redis-cluster://u:p@h", "redissentinel://h/m");
  CAPTURE(uri);
  CHECK(parse_uri(uri).error() == Errc::InvalidArgument);
}
