#include "redis/backlog.hpp"

#include <catch2/catch.hpp>

using namespace pbx;
using namespace std::chrono_literals;
using redis::Backlog;
using redis::Command;

namespace {

const Backlog::Time kStart{1000s};

redis::Callback noop() {
  return [](Result<redis::Reply>) {};
}

}  // namespace

TEST_CASE("A backlog hands its commands over once and matches replies in order", "[redis]") {
  Backlog backlog;
  std::string bytes;
  CHECK_FALSE(backlog.pop());  // nobody asked
  backlog.push(Command{"PING"}, noop(), kStart);
  backlog.push(Command{"ECHO", "a"}, noop(), kStart);
  CHECK_FALSE(backlog.pop());  // not sent yet
  CHECK(backlog.take_unsent(bytes, kStart + 1s) == 2);
  CHECK(bytes == "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\n");
  CHECK(backlog.take_unsent(bytes, kStart + 1s) == 0);
  CHECK(bytes.empty());

  const auto first = backlog.pop();
  REQUIRE(first);
  CHECK(first->first_of_write);
  CHECK(first->since == kStart + 1s);
  CHECK_FALSE(backlog.pop()->first_of_write);
  CHECK(backlog.size() == 0);
}

TEST_CASE("An overdue command is told once and keeps its place", "[redis]") {
  Backlog backlog;
  std::string bytes;
  backlog.push(Command{"A"}, noop(), kStart);
  backlog.take_unsent(bytes, kStart);
  backlog.push(Command{"B"}, noop(), kStart);
  backlog.take_unsent(bytes, kStart + 1s);

  CHECK(backlog.expire(kStart).empty());
  CHECK(backlog.expire(kStart + 500ms).size() == 1);
  CHECK(backlog.expire(kStart + 500ms).empty());
  CHECK(backlog.size() == 2);
  CHECK_FALSE(backlog.pop()->done);
  CHECK(backlog.expire(kStart + 2s).size() == 1);
  CHECK_FALSE(backlog.pop()->done);
}

TEST_CASE("Clearing a backlog gives back all callbacks, written or not", "[redis]") {
  Backlog backlog;
  std::string bytes;
  backlog.push(Command{"A"}, noop(), kStart);
  backlog.take_unsent(bytes, kStart);
  backlog.push(Command{"B"}, noop(), kStart);
  CHECK(backlog.clear().size() == 2);
  CHECK(backlog.unsent_bytes() == 0);
  CHECK_FALSE(backlog.oldest());
}
