#include "provisioning/adapters/change.hpp"

namespace pbx::provisioning {

std::uint64_t Change::next_revision() {
  return exec("SELECT nextval('revisions')").front()[0].u64();
}

void Change::write_history(std::string_view kind, std::uint64_t id, std::string_view path,
                           std::string_view action, const std::optional<std::string>& before,
                           const std::optional<std::string>& after) {
  exec(
      "INSERT INTO history (actor, path, kind, object_id, action, before, after)"
      " VALUES ($1, $2::ltree, $3, $4, $5, $6::jsonb, $7::jsonb)",
      actor_.name, path, kind, id, action, before, after);
  noted_.push_back({kind, action});
}

void Change::write_outbox(std::string_view kind, std::uint64_t id, std::string_view path,
                          std::uint64_t revision, std::string_view payload) {
  exec("INSERT INTO outbox (id, path, key, payload) VALUES ($1, $2::ltree, $3, $4::bytea)",
       revision, path, record_key(kind, id), postgres::Bytes{payload});
}

}  // namespace pbx::provisioning
