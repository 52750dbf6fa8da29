#pragma once

#include <prometheus/registry.h>

#include <catch2/catch.hpp>
#include <string>

#include "postgres/pool.hpp"
#include "provisioning/adapters/books.hpp"
#include "provisioning/metrics.hpp"
#include "support/temp_books.hpp"

namespace pbx::test {

/// The services' options for a database of the tests.
postgres::Options options_of(const TempBooks& books, const std::string& role);

/// Provisioning's books on a database of their own, and the short way to fill them.
class Fixture {
 public:
  Fixture();

  std::uint64_t account(std::uint64_t parent, events::v1::AccountKind kind,
                        const std::string& name);
  std::uint64_t reseller(const std::string& name) {
    return account(1, events::v1::ACCOUNT_KIND_RESELLER, name);
  }
  std::uint64_t client(std::uint64_t parent, const std::string& name) {
    return account(parent, events::v1::ACCOUNT_KIND_CLIENT, name);
  }
  std::uint64_t domain(std::uint64_t tenant, const std::string& name);
  provisioning::v1::UserWithPassword user(const std::string& domain, const std::string& extension,
                                          const std::string& password = {});
  provisioning::v1::DeviceWithPassword device(const std::string& domain,
                                              const std::string& extension, const std::string& name,
                                              const std::string& mac = {});

  std::string path_of(std::uint64_t account);
  /// `SELECT …` as the superuser.
  std::string sql(const std::string& text) const { return database.sql(text); }
  std::string outbox_keys() const {
    return sql("SELECT string_agg(key, ' ' ORDER BY id) FROM outbox");
  }

  const provisioning::Actor root{"tester", "1"};
  TempBooks database;
  prometheus::Registry registry;
  provisioning::Metrics metrics;
  postgres::Pool pool;
  provisioning::Books books;
};

/// The value, or a failed test that says the refusal.
template <class T>
T must(provisioning::Outcome<T> outcome) {
  if (!outcome) FAIL(outcome.refusal().message);
  return *std::move(outcome);
}

template <class T>
std::string refusal(const provisioning::Outcome<T>& outcome) {
  return outcome ? "done" : outcome.refusal().code.message() + ": " + outcome.refusal().message;
}

}  // namespace pbx::test
