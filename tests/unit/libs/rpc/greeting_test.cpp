#include "rpc/greeting.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

using namespace pbx;

TEST_CASE("A hello carries method and token", "[rpc]") {
  const auto bytes = rpc::make_hello("RegisterStream", Secret{"a token"});
  const auto hello = rpc::parse_hello(bytes);
  REQUIRE(hello);
  CHECK(hello->version == rpc::kStreamVersion);
  CHECK(hello->method == "RegisterStream");
  CHECK(hello->token == "a token");
}

TEST_CASE("A hello that is cut short or too long is none", "[rpc]") {
  const auto bytes = rpc::make_hello("m", Secret{"token"});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CHECK_FALSE(rpc::parse_hello(std::string_view{bytes}.substr(0, length)));
  }
  CHECK_FALSE(rpc::parse_hello(bytes + "x"));
  CHECK_FALSE(rpc::parse_hello("GET / HTTP/1.1\r\n"));
}

TEST_CASE("Of another version only the number is read", "[rpc]") {
  const auto hello = rpc::parse_hello("PBXS\x07 anything");
  REQUIRE(hello);
  CHECK(hello->version == 7);
  CHECK(hello->method.empty());
}

TEST_CASE("A greeting that would be too long is refused at the start", "[rpc]") {
  CHECK_THROWS_AS(rpc::make_hello("m", Secret{std::string(5000, 'x')}), std::invalid_argument);
  CHECK_THROWS_AS(rpc::make_hello(std::string(300, 'm'), Secret{"x"}), std::invalid_argument);
  CHECK(rpc::make_hello(std::string(255, 'm'), Secret{std::string(3000, 'x')}).size() <=
        rpc::kMaxGreeting);
}

TEST_CASE("An answer carries verdict and reason", "[rpc]") {
  const auto bytes = rpc::make_answer(rpc::Verdict::Draining, "draining");
  const auto answer = rpc::parse_answer(bytes);
  REQUIRE(answer);
  CHECK(answer->verdict == rpc::Verdict::Draining);
  CHECK(answer->reason == "draining");
  CHECK_FALSE(rpc::parse_answer("PBXS\x01"));
  CHECK_FALSE(rpc::parse_answer("HTTP/1.1 400"));
  CHECK(rpc::make_answer(rpc::Verdict::Full, std::string(9000, 'x')).size() <= rpc::kMaxGreeting);
}
