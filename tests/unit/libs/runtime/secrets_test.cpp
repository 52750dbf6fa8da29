#include "runtime/secrets.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <sstream>
#include <string>

#include "runtime/errors.hpp"

using namespace pbx;

namespace {

struct Variable {
  Variable(const char* variable, const char* value) : name{variable} { ::setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name); }
  const char* name;
};

}  // namespace

TEST_CASE("A secret has one variable, however it is asked for", "[runtime]") {
  for (const auto* const name : {"redis_password", "REDIS_PASSWORD", "PBX_REDIS_PASSWORD"}) {
    CHECK(runtime::secret_variable(name) == "PBX_REDIS_PASSWORD");
  }
}

TEST_CASE("A secret comes from its variable and does not show", "[runtime]") {
  const Variable variable{"PBX_TEST_TOKEN", "s3cret"};
  const auto secret = runtime::find_secret("test_token");
  REQUIRE(secret);
  CHECK(secret->reveal() == "s3cret");
  std::ostringstream shown;
  shown << *secret;
  CHECK(shown.str() == "***");
}

TEST_CASE("A secret that is nowhere, or empty, is none", "[runtime]") {
  CHECK_FALSE(runtime::find_secret("test_token"));
  const Variable variable{"PBX_TEST_TOKEN", ""};
  CHECK_FALSE(runtime::find_secret("test_token"));
}

TEST_CASE("A secret in two places is a mistake", "[runtime]") {
  const Variable variable{"PBX_TEST_TOKEN", "a"};
  const Variable file{"PBX_TEST_TOKEN_FILE", "/nowhere"};
  CHECK_THROWS_AS(runtime::find_secret("test_token"), runtime::StartError);
}

TEST_CASE("A secret's file that is not there is named", "[runtime]") {
  const Variable file{"PBX_TEST_TOKEN_FILE", "/nowhere/token"};
  CHECK_THROWS_WITH(runtime::find_secret("test_token"),
                    Catch::Contains("PBX_TEST_TOKEN_FILE") && Catch::Contains("/nowhere/token"));
}
