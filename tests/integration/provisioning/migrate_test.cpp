#include <catch2/catch.hpp>

#include "integration/provisioning/fixture.hpp"

using namespace pbx;
using namespace pbx::test;

TEST_CASE("pbx-migrate run again changes nothing, and --check tells what is missing",
          "[provisioning][process]") {
  TempBooks books;
  std::string output;
  CHECK(TempBooks::migrate(books.name(), {}, &output) == 0);
  CHECK(output.find("applied") == std::string::npos);
  CHECK(output.find("schema 3 is in place") != std::string::npos);
  CHECK(TempBooks::migrate(books.name(), {"--check"}) == 0);

  const auto empty = books.name() + "_empty";
  books.server().sql("postgres", "CREATE DATABASE " + empty + " OWNER " + TempBooks::kOwner);
  CHECK(TempBooks::migrate(empty, {"--check"}, &output) == 1);
  CHECK(output.find("missing 1_books") != std::string::npos);
  CHECK(TempBooks::migrate(empty, {}, &output) == 0);
  CHECK(output.find("applied 2_cdrs") != std::string::npos);
}

TEST_CASE("pbx-migrate says plainly what is wrong", "[provisioning][process]") {
  TempBooks books;
  std::string output;
  CHECK(TempBooks::migrate("no_such_database", {}, &output) == 1);
  CHECK(output.find("cannot be reached") != std::string::npos);
  CHECK(TempBooks::migrate(books.name(), {"--migrations", "/nowhere"}, &output) == 1);
  CHECK(output.find("/nowhere") != std::string::npos);
  CHECK(TempBooks::migrate(books.name(), {"--unknown"}, &output) == 2);
}
