#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/pool.hpp"
#include "provisioning/adapters/books.hpp"
#include "provisioning/domain/config_record.hpp"
#include "provisioning/domain/outcome.hpp"
#include "provisioning/metrics.hpp"

namespace pbx::provisioning {

/// A value as it stands in the database.
template <class Object>
struct Stored {
  Object object;
  std::string path;  ///< Of the account that it belongs to.
  std::uint64_t revision = 0;
};

/// The transaction of one caller: row-level security is set to its scope before anything is read.
class Change {
 public:
  Change(postgres::Transaction& transaction, const Actor& actor)
      : transaction_{transaction}, actor_{actor} {
    transaction_.set_local("pbx.scope", actor.scope);
  }

  template <class... Args>
  postgres::Rows exec(std::string_view sql, Args&&... args) {
    return transaction_.exec(sql, {postgres::Param{std::forward<Args>(args)}...});
  }
  const Actor& actor() const { return actor_; }

  /// For the row that is about to be written. Taken after the row is locked, so that the revisions
  /// of one key grow in the order of its commits.
  std::uint64_t next_revision();

  template <class Object>
  void created(std::string_view kind, const Stored<Object>& after) {
    write_history(kind, after.object.id(), after.path, "create", std::nullopt,
                  to_history_json(without_secrets(after.object)));
    write_outbox(kind, after.object.id(), after.path, after.revision,
                 to_record(after.revision, after.object));
  }
  template <class Object>
  void updated(std::string_view kind, const Object& before, const Stored<Object>& after,
               bool password_changed = false) {
    write_history(kind, after.object.id(), after.path, "update",
                  to_history_json(without_secrets(before)),
                  to_history_json(without_secrets(after.object), password_changed));
    write_outbox(kind, after.object.id(), after.path, after.revision,
                 to_record(after.revision, after.object));
  }
  template <class Object>
  void deleted(std::string_view kind, const Stored<Object>& before) {
    write_history(kind, before.object.id(), before.path, "delete",
                  to_history_json(without_secrets(before.object)), std::nullopt);
    write_outbox(kind, before.object.id(), before.path, next_revision(), {});
  }

  struct Noted {
    std::string_view kind;
    std::string_view action;
  };
  const std::vector<Noted>& noted() const { return noted_; }

 private:
  void write_history(std::string_view kind, std::uint64_t id, std::string_view path,
                     std::string_view action, const std::optional<std::string>& before,
                     const std::optional<std::string>& after);
  void write_outbox(std::string_view kind, std::uint64_t id, std::string_view path,
                    std::uint64_t revision, std::string_view payload);

  postgres::Transaction& transaction_;
  const Actor& actor_;
  std::vector<Noted> noted_;
};

/// Runs `body(Change&)` and, once it has committed, counts what it changed.
template <class Body>
auto in_change(postgres::Pool& pool, Metrics& metrics, const Actor& actor, Body body) {
  std::vector<Change::Noted> noted;
  auto outcome = pool.with([&](postgres::Transaction& transaction) {
    Change change{transaction, actor};
    auto result = body(change);
    noted = change.noted();
    return result;
  });
  if (outcome) {
    for (const auto& [kind, action] : noted) metrics.changed(kind, action);
  }
  return outcome;
}

}  // namespace pbx::provisioning
