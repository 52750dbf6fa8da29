#include "core/result.hpp"

#include <catch2/catch.hpp>

#include <memory>

#include "core/errc.hpp"
#include "core/ids.hpp"

using namespace pbx;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Errc::InvalidArgument;
  return number / 2;
}

Result<int> quarter(int number) {
  PBX_TRY(const auto once, half(number));
  PBX_TRY(const auto twice, half(once));
  return twice;
}

Result<> even(int number) {
  PBX_CHECK_OK(half(number));
  return {};
}

}  // namespace

TEST_CASE("PBX_TRY hands on the first error and binds values", "[core]") {
  CHECK(*quarter(8) == 2);
  CHECK(quarter(6).error() == Errc::InvalidArgument);
  CHECK(quarter(5).error() == Errc::InvalidArgument);
  CHECK(even(2));
  CHECK(even(3).error() == Errc::InvalidArgument);
}

TEST_CASE("A result carries what cannot be copied", "[core]") {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
  REQUIRE(result);
  const auto taken = *std::move(result);
  CHECK(*taken == 7);
}

TEST_CASE("An error says what it is in words", "[core]") {
  CHECK(make_error_code(Errc::Unavailable).message() == "unavailable");
  CHECK(make_error_code(Errc::Unavailable) != make_error_code(Errc::Timeout));
}

TEST_CASE("An id is a positive number and nothing else", "[core]") {
  CHECK(parse_id<TenantId>("42") == TenantId{42});
  CHECK_FALSE(parse_id<TenantId>("0"));
  CHECK_FALSE(parse_id<TenantId>(""));
  CHECK_FALSE(parse_id<TenantId>("-1"));
  CHECK_FALSE(parse_id<TenantId>("42 "));
  CHECK_FALSE(parse_id<TenantId>("18446744073709551616"));
}
