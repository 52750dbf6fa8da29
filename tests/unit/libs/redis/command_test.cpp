#include "redis/command.hpp"

#include <catch2/catch.hpp>

using pbx::redis::Command;

TEST_CASE("A command is formatted word by word", "[redis]") {
  Command command{"SET", "key"};
  command.add(std::string_view{"\0\r\n", 3}).add("PX").add(-5);
  std::string out = "before ";
  command.append_to(out);
  using namespace std::string_literals;
  const auto expected = "before *5\r\n$3\r\nSET\r\n$3\r\nkey\r\n"s + "$3\r\n\0\r\n\r\n"s +
                        "$2\r\nPX\r\n$2\r\n-5\r\n"s;
  CHECK(out == expected);
  CHECK(out.size() <= 7 + command.size());
}

TEST_CASE("The key of a command decides where it runs", "[redis]") {
  CHECK(Command{"PING"}.key().empty());
  CHECK(Command{"GET", "loc:{1:a}"}.key() == "loc:{1:a}");
  CHECK(Command{"FCALL", "function", "1", "dlg:{x}", "argument"}.key() == "dlg:{x}");
  CHECK(Command{"FCALL", "function", "0"}.key().empty());
  CHECK(Command{"EVALSHA", "sha", "1", "key"}.key() == "key");
  CHECK(Command{"FCALL", "function", "1", "dlg:{x}"}.name() == "FCALL");
}

TEST_CASE("A call of a function without keys has no key", "[redis]") {
  CHECK(Command{"FCALL", "function", "0", "argument"}.key().empty());
  CHECK(Command{"EVAL", "return 1", "0", "argument"}.key().empty());
  CHECK(Command{"GET", "0"}.key() == "0");
}

TEST_CASE("A command's key may be replaced", "[redis]") {
  std::string bytes;
  Command{"SCAN", "12345", "MATCH", "a\r\nb"}.with_key("0").append_to(bytes);
  CHECK(bytes == "*4\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nMATCH\r\n$4\r\na\r\nb\r\n");
}
