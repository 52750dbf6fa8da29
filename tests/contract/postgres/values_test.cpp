#include <catch2/catch.hpp>
#include <limits>

#include "contract/postgres/database.hpp"
#include "core/errc.hpp"

using namespace pbx;
using postgres::Transaction;
using test::Database;

namespace {

/// What the database gives back for one parameter.
template <class T, class Read>
auto echo(postgres::Pool& pool, std::string_view type, const T& value, Read read) {
  using Value = decltype(read(std::declval<postgres::Field>()));
  return pool.with([&](Transaction& tx) -> Result<Value> {
    const auto rows = tx.exec("SELECT $1::" + std::string{type}, {value});
    return read(rows.front()[0]);
  });
}

}  // namespace

TEST_CASE("Values come back as they went in", "[postgres]") {
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  const auto text = [](postgres::Field field) { return field.str(); };

  for (const std::string value : {"", "plain", "it's \"quoted\" \\ {,}", "Zoë ☎\n"}) {
    CHECK(*echo(pool, "text", value, text) == value);
  }
  CHECK(*echo(pool, "bigint", std::numeric_limits<std::int64_t>::min(),
              [](auto field) { return field.i64(); }) == std::numeric_limits<std::int64_t>::min());
  CHECK(*echo(pool, "boolean", true, [](auto field) { return field.boolean(); }));
  CHECK(*echo(pool, "text", std::nullopt, [](auto field) { return field.is_null(); }));
  CHECK(*echo(pool, "text", std::optional<std::string>{"some"}, text) == "some");
  const std::string bytes{"\x00\xff\\x'\"\x7f", 7};
  CHECK(*echo(pool, "bytea", postgres::Bytes{bytes}, [](auto field) { return field.bytes(); }) ==
        bytes);
}

TEST_CASE("Text with a NUL is refused, not cut", "[postgres]") {
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  const auto text = [](postgres::Field field) { return field.str(); };
  const std::string nul{"a\0b", 3};
  CHECK(echo(pool, "text", nul, text).error() == Errc::InvalidArgument);
  postgres::Array array;
  array.add(nul);
  CHECK(echo(pool, "text[]", postgres::Param{array}, text).error() == Errc::InvalidArgument);
  CHECK(*echo(pool, "text", std::string{"fine"}, text) == "fine");
}

TEST_CASE("Arrays reach unnest element by element", "[postgres]") {
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  const std::vector<std::string> words{"",        "a",    "b,c",     "\"quoted\"", "back\\slash",
                                       "{curly}", "NULL", " space ", "line\nfeed"};
  postgres::Array texts, numbers, blobs;
  for (const auto& word : words) {
    texts.add(word);
    blobs.add(postgres::Bytes{word});
    numbers.add(word.size());
  }
  texts.add_null();
  numbers.add_null();
  blobs.add_null();
  const auto rows = pool.with([&](Transaction& tx) -> Result<postgres::Rows> {
    return tx.exec("SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])",
                   {texts, numbers, blobs});
  });
  REQUIRE(rows);
  REQUIRE(rows->size() == words.size() + 1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    CHECK((*rows)[i][0].text() == words[i]);
    CHECK((*rows)[i][1].u64() == words[i].size());
    CHECK((*rows)[i][2].bytes() == words[i]);
  }
  CHECK((*rows)[words.size()][0].is_null());
  CHECK((*rows)[words.size()][1].is_null());
  CHECK((*rows)[words.size()][2].is_null());
}

TEST_CASE("Reading a column as what it is not is an error, not a guess", "[postgres]") {
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  const auto wrong = pool.with([](Transaction& tx) -> Result<std::int64_t> {
    return tx.exec("SELECT 'twelve'").front()[0].i64();
  });
  CHECK(wrong.error() == Errc::Internal);
  const auto missing = pool.with([](Transaction& tx) -> Result<std::int64_t> {
    return tx.exec("SELECT 1 WHERE false").front()[0].i64();
  });
  CHECK(missing.error() == Errc::Internal);
  const auto named = pool.with([](Transaction& tx) -> Result<std::int64_t> {
    return tx.exec("SELECT 1 AS a, 2 AS b").front()["b"].i64();
  });
  CHECK(*named == 2);
}
