#include <limits>

#include "provisioning/adapters/change.hpp"
#include "provisioning/adapters/rows.hpp"
#include "provisioning/domain/paging.hpp"

namespace pbx::provisioning {

Outcome<v1::ListHistoryResponse> Books::list_history(const Actor& actor,
                                                     const v1::ListHistoryRequest& request) {
  PBX_TRY(const auto page, page_of(request.page()));
  const auto below = page.after == 0 ? std::numeric_limits<std::int64_t>::max()
                                     : static_cast<std::int64_t>(page.after);
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::ListHistoryResponse> {
    v1::ListHistoryResponse response;
    const auto rows = change.exec(
        "SELECT id, (extract(epoch FROM at) * 1000)::bigint, actor, kind, object_id, action,"
        " before::text, after::text FROM history"
        " WHERE id < $1 AND ($2 = '' OR kind = $2) AND ($3::bigint = 0 OR object_id = $3)"
        " ORDER BY id DESC LIMIT $4",
        below, request.kind(), request.id(), page.size + 1);
    fill_page(rows, page.size, response.mutable_next_token(), [&](postgres::Row row) {
      auto& entry = *response.add_entries();
      entry.set_id(row[0].u64());
      entry.set_at_ms(row[1].i64());
      entry.set_actor(row[2].str());
      entry.set_kind(row[3].str());
      entry.set_object_id(row[4].u64());
      entry.set_action(row[5].str());
      entry.set_before(row[6].str());
      entry.set_after(row[7].str());
    });
    return response;
  });
}

}  // namespace pbx::provisioning
