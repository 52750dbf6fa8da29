#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "billing/domain/batch.hpp"
#include "core/result.hpp"
#include "pbx/billing/v1/billing.pb.h"
#include "postgres/pool.hpp"

namespace pbx::billing {

/// CDRs in PostgreSQL, and how far the topic was read, changed in the same transaction. Blocks.
class CdrStore {
 public:
  explicit CdrStore(postgres::Pool& pool) : pool_{pool} {}

  /// A partition as its owner holds it. Whoever takes it over raises the generation, after which
  /// save() with the old one fails.
  struct Claim {
    std::int64_t next_offset = 0;  ///< -2: from the oldest.
    std::int64_t generation = 0;
  };
  using Claims = std::map<std::int32_t, Claim>;
  Result<Claims> claim(const std::vector<std::int32_t>& partitions, const std::string& owner);

  /// The database answers and has the schema that this program needs.
  Result<> check();

  /// Gives how many rows were new. Errc::Conflict: a partition of the batch is not ours any more,
  /// and nothing was written.
  Result<std::size_t> save(const Batch& batch, const Claims& claims);

  /// As `scope` (an account path) may see it.
  struct Query {
    std::string scope;
    std::uint64_t tenant_id = 0;
    std::string party;
    std::int64_t from_ms = 0;
    std::int64_t until_ms = 0;
    std::int64_t before_ms =
        0;  ///< With before_call_id: only what comes after that one in the list.
    std::string before_call_id;
    std::uint32_t limit = 100;
  };
  /// Newest first.
  Result<std::vector<v1::Cdr>> list(const Query& query);
  Result<v1::Cdr> get(const std::string& scope, const std::string& call_id);

 private:
  postgres::Pool& pool_;
};

}  // namespace pbx::billing
