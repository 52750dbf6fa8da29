#include "redis/fan_out.hpp"

#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "redis/errc.hpp"

using namespace pbx;
using redis::Answers;
using redis::Command;
using redis::Reach;
using redis::reach_of;
using redis::Reply;

TEST_CASE("What a command has for a key decides how far it goes", "[redis]") {
  CHECK(reach_of(Command{"GET", "key"}) == Reach::Key);
  CHECK(reach_of(Command{"FCALL", "f", "1", "key"}) == Reach::Key);
  CHECK(reach_of(Command{"FCALL", "f", "0"}) == Reach::AnyMaster);
  CHECK(reach_of(Command{"RANDOMKEY"}) == Reach::AnyMaster);
  CHECK(reach_of(Command{"SCAN", "0"}) == Reach::Scan);
  const auto* name = GENERATE("PING", "FUNCTION", "DBSIZE", "FLUSHALL", "ACL", "WAIT", "INFO");
  CHECK(reach_of(Command{name, "word"}) == Reach::AllMasters);
}

TEST_CASE("The answers of all masters become one", "[redis]") {
  std::optional<Result<Reply>> result;
  Answers answers{2, [&](Result<Reply> reply) { result.emplace(std::move(reply)); }};
  SECTION("the sum of numbers") {
    answers.take(Reply{4});
    CHECK_FALSE(result);
    answers.take(Reply{3});
    CHECK((*result)->integer() == 7);
  }
  SECTION("the first of others") {
    answers.take(Reply{});
    answers.take(Reply{3});
    CHECK((*result)->is_nil());
  }
  SECTION("the first error") {
    answers.take(Errc::Timeout);
    answers.take(Reply{3});
    CHECK(result->error() == Errc::Timeout);
  }
  SECTION("a library that was there already hides no other error") {
    answers.take(redis::Errc::AlreadyLoaded);
    answers.take(Errc::Unavailable);
    CHECK(result->error() == Errc::Unavailable);
  }
}
