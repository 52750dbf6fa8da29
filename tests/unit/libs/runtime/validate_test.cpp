#include "runtime/validate.hpp"

#include <google/protobuf/duration.pb.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "pbx/config/v1/common.pb.h"
#include "runtime/config_loader.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using Sentences = std::vector<std::string>;

namespace {

google::protobuf::Duration duration(std::int64_t seconds, std::int32_t nanos = 0) {
  google::protobuf::Duration made;
  made.set_seconds(seconds);
  made.set_nanos(nanos);
  return made;
}

template <class Config>
Sentences check(const std::string& json) {
  Config config;
  REQUIRE(runtime::parse_config(json, config).empty());
  runtime::Faults faults;
  faults.check("x", config);
  return faults.take();
}

}  // namespace

TEST_CASE("An absent duration is its default", "[config]") {
  CHECK(runtime::from_proto(duration(0), 7s) == 7s);
  CHECK(runtime::from_proto(duration(3, 500'000'000), 7s) == 3500ms);
}

TEST_CASE("Values out of range are told with the range", "[config]") {
  runtime::Faults faults;
  faults.in_range("workers", 0, 1, 64);
  faults.in_range("workers", 1, 1, 64);
  faults.in_range("workers", 64, 1, 64);
  faults.in_range("workers", 65, 1, 64);
  faults.duration_in_range("a", duration(0), 1s, 1min);
  faults.duration_in_range("a", duration(60), 1s, 1min);
  faults.duration_in_range("a", duration(61), 1s, 1min);
  faults.duration_in_range("b", duration(0, 999'000'000), 1s, 1min);
  faults.duration_in_range("c", duration(-1), 1s, 1min);
  CHECK(faults.take() == Sentences{"workers is 0; it must be from 1 to 64",
                                   "workers is 65; it must be from 1 to 64",
                                   "a is 61 s; it must be from 1 s to 60 s",
                                   "b is 999 ms; it must be from 1 s to 60 s",
                                   "c is -1 s; it must be from 1 s to 60 s"});
}

TEST_CASE("What every service has is checked", "[config]") {
  using config::v1::Process;
  CHECK(check<Process>(R"({})").empty());
  CHECK(check<Process>(R"({"node":"proxy-1.a_b","admin_listen":"[::]:9100","log_level":"debug"})")
            .empty());
  CHECK(check<Process>(R"({"node":"a b","admin_listen":"localhost:9100","log_level":"loud",
                           "drain_timeout":"7200s"})") ==
        Sentences{R"(x.node "a b" has other characters than letters, digits, '-', '.', '_', or )"
                  "more than 64",
                  R"(x.admin_listen "localhost:9100" is not an IP address with a port, such as )"
                  "0.0.0.0:5060",
                  "x.drain_timeout is 7200 s; it must be from 1 ms to 3600 s",
                  R"(x.log_level "loud" is none of debug, info, warn, error)"});
}

TEST_CASE("A Redis address is checked, and a password does not belong into it", "[config]") {
  const auto [uri, fault] = GENERATE(table<std::string, std::string>({
      {"redis://127.0.0.1:6379/0", ""},
      {"redis://redis.example.net:6379", ""},
      {"rediss://[::1]:6380/12", ""},
      {"", "x.uri is missing"},
      {"redis-sentinel://a:26379,b:26379/mymaster/1?sentinel_auth=yes", ""},
      {"rediss-cluster://a:7001,[::1]:7002", ""},
      {"127.0.0.1:6379", R"(x.uri "127.0.0.1:6379" begins with none of redis://, )"
                         "redis-sentinel://, redis-cluster://"},
      {"redis-sentinel://a:1,b:2",
       R"(x.uri "redis-sentinel://a:1,b:2" is not redis-sentinel://host:port,host:port/master)"},
      {"redis-cluster://a:1,b",
       R"(x.uri "redis-cluster://a:1,b" is not redis-cluster://host:port,host:port)"},
      {"redis://127.0.0.1", R"(x.uri "redis://127.0.0.1" is not redis://host:port/database)"},
      {"redis://h:1/a", R"(x.uri "redis://h:1/a" is not redis://host:port/database)"},
      {"redis://:secret@h:1/0", "x.uri holds a password or a user; PBX_REDIS_PASSWORD is for that"},
  }));
  CAPTURE(uri);
  const auto faults = check<config::v1::Redis>(R"({"uri":")" + uri + "\"}");
  CHECK(faults == (fault.empty() ? Sentences{} : Sentences{fault}));
}

TEST_CASE("Backends and servers are checked", "[config]") {
  CHECK(check<config::v1::Kafka>(R"({"brokers":"a:9092,b:9092"})").empty());
  CHECK(check<config::v1::Kafka>(R"({"brokers":"a:9092,,b"})") ==
        Sentences{"x.brokers is missing",
                  R"(x.brokers "b" is not a host with a port, such as redis:6379)"});
  CHECK(check<config::v1::Kafka>("{}") == Sentences{"x.brokers is missing"});
  CHECK(check<config::v1::Kafka>(R"({"brokers":"a:1","linger":"0.05s"})").empty());
  CHECK(check<config::v1::Kafka>(R"({"brokers":"a:1","linger":"5s"})") ==
        Sentences{"x.linger is 5 s; it must be from 1 ms to 1 s"});
  CHECK(check<config::v1::Postgres>(R"({"host":"h","database":"d","user":"u"})").empty());
  CHECK(check<config::v1::Postgres>(R"({"port":70000})") ==
        Sentences{"x.host is missing", "x.database is missing", "x.user is missing",
                  "x.port is 70000; it must be from 1 to 65535"});
  CHECK(check<config::v1::GrpcServer>(R"({"listen":"0.0.0.0:7001"})").empty());
  CHECK(check<config::v1::GrpcServer>(R"({"tls":{}})") ==
        Sentences{"x.listen is missing", "x.tls needs certificate_file and key_file"});
  CHECK(check<config::v1::GrpcClient>(R"({"targets":["a:1","b:2"]})").empty());
  CHECK(check<config::v1::GrpcClient>("{}") == Sentences{"x.targets is missing"});
  CHECK(check<config::v1::StreamServer>(R"({"listen":"0.0.0.0:7001"})").empty());
  CHECK(check<config::v1::StreamServer>(R"({"tls":{}})") ==
        check<config::v1::GrpcServer>(R"({"tls":{}})"));
  CHECK(check<config::v1::StreamClient>(R"({"targets":["a"]})") ==
        check<config::v1::GrpcClient>(R"({"targets":["a"]})"));
  CHECK(check<config::v1::GrpcClient>(
            R"({"targets":["a:1"],"tls":{"ca_file":"/nowhere","key_file":"/nowhere"}})") ==
        Sentences{"x.tls.key_file cannot read /nowhere: No such file or directory",
                  "x.tls.ca_file cannot read /nowhere: No such file or directory",
                  "x.tls needs certificate_file and key_file together"});
}

TEST_CASE("Files and folders are looked at", "[config]") {
  runtime::Faults faults;
  faults.readable_file("f", "/etc/passwd");
  faults.readable_file("f", "/tmp");
  faults.writable_folder("d", "/tmp");
  faults.writable_folder("d", "/etc/passwd/x");
  CHECK(faults.take() == Sentences{"f /tmp is not a file",
                                   "d cannot write to the folder /etc/passwd/x: Not a directory"});
}
