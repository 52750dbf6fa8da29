#include "redis/reply_reader.hpp"

#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "redis/errc.hpp"

using namespace pbx;
using redis::ReplyKind;
using redis::ReplyReader;

namespace {

redis::Reply one(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  REQUIRE(reply);
  REQUIRE(reply->has_value());
  return std::move(**reply);
}

}  // namespace

TEST_CASE("Every kind of reply is read", "[redis]") {
  CHECK(one("+OK\r\n").text() == "OK");
  CHECK(one("+OK\r\n").kind() == ReplyKind::Status);
  CHECK(one("-ERR no\r\n").is_error());
  CHECK(one("-ERR no\r\n").text() == "ERR no");
  CHECK(one(":-12\r\n").integer() == -12);
  CHECK(one("$3\r\na\r\n\r\n").text() == "a\r\n");
  CHECK(one("$2\r\n42\r\n").integer() == 42);
  CHECK(one("$2\r\n4x\r\n").integer() == 0);
  CHECK(one("$-1\r\n").is_nil());
  CHECK(one("*-1\r\n").is_nil());
  CHECK(one("*0\r\n").is_array());
  CHECK(one("*0\r\n").size() == 0);
}

TEST_CASE("Arrays nest, and what is not there reads as nil", "[redis]") {
  const auto reply = one("*3\r\n*2\r\n$1\r\na\r\n*1\r\n:7\r\n$-1\r\n*2\r\n+b\r\n$1\r\nc\r\n");
  REQUIRE(reply.size() == 3);
  CHECK(reply[0][0].text() == "a");
  CHECK(reply[0][1][0].integer() == 7);
  CHECK(reply[1].is_nil());
  CHECK(reply[2][0].text() == "b");
  CHECK(reply[2][1].text() == "c");
  CHECK(reply[3].is_nil());
  CHECK(reply[0][0][5].is_nil());
  CHECK(reply[1].size() == 0);
}

TEST_CASE("A reply may come byte by byte, several may come at once", "[redis]") {
  constexpr std::string_view kBytes = "*2\r\n$3\r\nabc\r\n:5\r\n+x\r\n";
  ReplyReader reader;
  std::vector<redis::Reply> replies;
  for (const char byte : kBytes) {
    reader.feed({&byte, 1});
    auto reply = reader.next();
    REQUIRE(reply);
    if (*reply) replies.push_back(std::move(**reply));
  }
  REQUIRE(replies.size() == 2);
  CHECK(replies[0][0].text() == "abc");
  CHECK(replies[0][1].integer() == 5);

  reader.feed(kBytes);
  CHECK((*reader.next())->size() == 2);
  CHECK((*reader.next())->text() == "x");
  CHECK_FALSE(*reader.next());
}

TEST_CASE("What is not RESP ends the stream", "[redis]") {
  const auto* bytes = GENERATE("HTTP/1.1 400 Bad Request\r\n", "*2147483647\r\n",
                               "*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n");
  CAPTURE(bytes);
  ReplyReader reader;
  reader.feed(bytes);
  CHECK(reader.next().error() == Errc::BadData);
}

TEST_CASE("Error replies have a meaning", "[redis]") {
  CHECK(redis::classify("READONLY You can't write against a read only replica.") ==
        redis::Errc::ReadOnly);
  CHECK(redis::classify("LOADING Redis is loading") == redis::Errc::Loading);
  CHECK(redis::classify("MOVED 3999 127.0.0.1:6381") == redis::Errc::Moved);
  CHECK(redis::classify("ERR Library 'a' already exists") == redis::Errc::AlreadyLoaded);
  for (const char* reply :
       {"LOADING Redis is loading", "READONLY no", "CLUSTERDOWN", "OOM no", "MISCONF no"}) {
    CHECK(redis::is_outage(redis::classify(reply)));  // the same command may succeed later
  }
  CHECK_FALSE(redis::is_outage(redis::classify("WRONGTYPE Operation against a key")));
  CHECK_FALSE(redis::is_outage(redis::classify("NOPERM no")));
  CHECK(redis::classify("WRONGPASS invalid") == redis::Errc::Denied);
  CHECK(redis::classify("WRONGTYPE Operation") == Errc::BadData);
  CHECK(redis::make_error_code(redis::Errc::OutOfMemory).message() == "out of memory");
}
