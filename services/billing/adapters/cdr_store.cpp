#include "billing/adapters/cdr_store.hpp"

#include "core/errc.hpp"
#include "model/topics.hpp"
#include "postgres/migrations.hpp"

namespace pbx::billing {
namespace {

using postgres::Array;
using postgres::Transaction;

constexpr std::string_view kEverything = "1";  // the platform's account path
constexpr int kSchemaVersion = 2;
constexpr std::int64_t kLatestMs = 253'402'300'799'000;  // 9999-12-31

constexpr std::string_view kSelect = R"(
  SELECT call_id, tenant_id, caller, caller_name, dialled, callee, answered_by,
         (extract(epoch FROM started_at) * 1000)::bigint,
         (extract(epoch FROM ringing_at) * 1000)::bigint,
         (extract(epoch FROM answered_at) * 1000)::bigint,
         (extract(epoch FROM ended_at) * 1000)::bigint,
         duration_ms, outcome, sip_code, reason, hung_up_by, sip_call_id, node
  FROM cdrs )";

v1::Cdr to_cdr(postgres::Row row) {
  v1::Cdr cdr;
  cdr.set_call_id(row[0].str());
  cdr.set_tenant_id(row[1].u64());
  cdr.set_caller(row[2].str());
  cdr.set_caller_name(row[3].str());
  cdr.set_dialled(row[4].str());
  cdr.set_callee(row[5].str());
  cdr.set_answered_by(row[6].str());
  cdr.set_started_at_ms(row[7].i64());
  cdr.set_ringing_at_ms(row[8].i64());
  cdr.set_answered_at_ms(row[9].i64());
  cdr.set_ended_at_ms(row[10].i64());
  cdr.set_duration_ms(row[11].i64());
  cdr.set_outcome(row[12].str());
  cdr.set_sip_code(row[13].u32());
  cdr.set_reason(row[14].str());
  cdr.set_hung_up_by(row[15].str());
  cdr.set_sip_call_id(row[16].str());
  cdr.set_node(row[17].str());
  return cdr;
}

/// False when a partition has another owner by now. Locks the partitions' rows until the end of the
/// transaction.
bool advance(Transaction& transaction, const Batch& batch, const CdrStore::Claims& claims) {
  Array partitions, offsets, generations;
  for (const auto& [partition, next] : batch.next_offsets) {
    const auto claim = claims.find(partition);
    if (claim == claims.end()) return false;
    partitions.add(partition);
    offsets.add(next);
    generations.add(claim->second.generation);
  }
  const auto moved = transaction.exec(
      "UPDATE kafka_offsets AS o SET next_offset = n.next_offset, updated_at = now()"
      " FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS n (partition, next_offset, "
      "generation)"
      " WHERE o.topic = $4 AND o.partition = n.partition AND o.generation = n.generation",
      {partitions, offsets, generations, topics::kCalls});
  return moved.affected() == batch.next_offsets.size();
}

std::size_t insert_calls(Transaction& transaction, const std::vector<FinishedCall>& calls) {
  Array call_id, tenant, sequence, caller, caller_name, dialled, callee, answered_by, caller_user,
      callee_user, started, ringing, answered, ended, duration, outcome, sip_code, reason,
      hung_up_by, sip_call_id, node;
  const auto add_time = [](Array& array, std::int64_t ms) {
    ms == 0 ? array.add_null() : array.add(ms);
  };
  for (const auto& call : calls) {
    const auto& cdr = call.cdr;
    call_id.add(cdr.call_id());
    tenant.add(cdr.tenant_id());
    sequence.add(call.sequence);
    caller.add(cdr.caller());
    caller_name.add(cdr.caller_name());
    dialled.add(cdr.dialled());
    callee.add(cdr.callee());
    answered_by.add(cdr.answered_by());
    caller_user.add(call.caller_user_id);
    callee_user.add(call.callee_user_id);
    started.add(cdr.started_at_ms());
    add_time(ringing, cdr.ringing_at_ms());
    add_time(answered, cdr.answered_at_ms());
    ended.add(cdr.ended_at_ms());
    duration.add(cdr.duration_ms());
    outcome.add(cdr.outcome());
    sip_code.add(cdr.sip_code());
    reason.add(cdr.reason());
    hung_up_by.add(cdr.hung_up_by());
    sip_call_id.add(cdr.sip_call_id());
    node.add(cdr.node());
  }
  // A call has one end; should two be told, the one with the higher sequence holds.
  const auto written = transaction.exec(
      R"(
    INSERT INTO cdrs AS c (call_id, tenant_id, sequence, caller, caller_name, dialled, callee,
        answered_by, caller_user_id, callee_user_id, started_at, ringing_at, answered_at, ended_at,
        duration_ms, outcome, sip_code, reason, hung_up_by, sip_call_id, node)
    SELECT n.call_id, n.tenant_id, n.sequence, n.caller, n.caller_name, n.dialled, n.callee,
        n.answered_by, n.caller_user_id, n.callee_user_id,
        'epoch'::timestamptz + n.started * interval '1 ms',
        'epoch'::timestamptz + n.ringing * interval '1 ms',
        'epoch'::timestamptz + n.answered * interval '1 ms',
        'epoch'::timestamptz + n.ended * interval '1 ms',
        n.duration_ms, n.outcome, n.sip_code, n.reason, n.hung_up_by, n.sip_call_id, n.node
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
        $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::int[], $18::text[],
        $19::text[], $20::text[], $21::text[])
      AS n (call_id, tenant_id, sequence, caller, caller_name, dialled, callee, answered_by,
        caller_user_id, callee_user_id, started, ringing, answered, ended, duration_ms, outcome,
        sip_code, reason, hung_up_by, sip_call_id, node)
    ON CONFLICT (call_id) DO UPDATE SET
        sequence = excluded.sequence, caller = excluded.caller, caller_name = excluded.caller_name,
        dialled = excluded.dialled, callee = excluded.callee, answered_by = excluded.answered_by,
        caller_user_id = excluded.caller_user_id, callee_user_id = excluded.callee_user_id,
        started_at = excluded.started_at, ringing_at = excluded.ringing_at,
        answered_at = excluded.answered_at, ended_at = excluded.ended_at,
        duration_ms = excluded.duration_ms, outcome = excluded.outcome,
        sip_code = excluded.sip_code, reason = excluded.reason, hung_up_by = excluded.hung_up_by,
        sip_call_id = excluded.sip_call_id, node = excluded.node
      WHERE c.sequence < excluded.sequence AND c.tenant_id = excluded.tenant_id)",
      {call_id,     tenant,      sequence,    caller,  caller_name, dialled,     callee,
       answered_by, caller_user, callee_user, started, ringing,     answered,    ended,
       duration,    outcome,     sip_code,    reason,  hung_up_by,  sip_call_id, node});
  return written.affected();
}

void insert_bad(Transaction& transaction, const std::vector<KeptBadEvent>& events) {
  Array partition, offset, reason, key, payload;
  for (const auto& event : events) {
    partition.add(event.partition);
    offset.add(event.offset);
    reason.add(event.reason);
    key.add(postgres::Bytes{event.key});
    payload.add(postgres::Bytes{event.payload});
  }
  transaction.exec(
      "INSERT INTO bad_events (topic, partition, \"offset\", reason, key, payload)"
      " SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[])"
      " ON CONFLICT DO NOTHING",
      {topics::kCalls, partition, offset, reason, key, payload});
}

}  // namespace

Result<CdrStore::Claims> CdrStore::claim(const std::vector<std::int32_t>& partitions,
                                         const std::string& owner) {
  Array numbers;
  for (const auto number : partitions) numbers.add(number);
  return pool_.with([&](Transaction& transaction) -> Result<Claims> {
    const auto rows = transaction.exec(
        "INSERT INTO kafka_offsets AS o (topic, partition, next_offset, generation, owner)"
        " SELECT $1, p, -2, 1, $2 FROM unnest($3::int[]) AS p ORDER BY p"
        " ON CONFLICT (topic, partition) DO UPDATE"
        " SET generation = o.generation + 1, owner = excluded.owner, updated_at = now()"
        " RETURNING partition, next_offset, generation",
        {topics::kCalls, owner, numbers});
    Claims claims;
    for (const auto row : rows) {
      claims[static_cast<std::int32_t>(row[0].i64())] = {row[1].i64(), row[2].i64()};
    }
    return claims;
  });
}

Result<> CdrStore::check() {
  return pool_.with([](Transaction& transaction) -> Result<> {
    PBX_TRY(const auto version, postgres::schema_version(transaction));
    return version >= kSchemaVersion ? Result<>{} : Result<>{Errc::Unavailable};
  });
}

Result<std::size_t> CdrStore::save(const Batch& batch, const Claims& claims) {
  return pool_.with([&](Transaction& transaction) -> Result<std::size_t> {
    transaction.set_local("pbx.scope", kEverything);
    if (!advance(transaction, batch, claims)) return Errc::Conflict;
    if (!batch.bad.empty()) insert_bad(transaction, batch.bad);
    return batch.calls.empty() ? 0 : insert_calls(transaction, batch.calls);
  });
}

Result<std::vector<v1::Cdr>> CdrStore::list(const Query& query) {
  const auto until = query.until_ms == 0 ? kLatestMs : query.until_ms;
  return pool_.with([&](Transaction& transaction) -> Result<std::vector<v1::Cdr>> {
    transaction.set_local("pbx.scope", query.scope);
    std::string sql{kSelect};
    sql +=
        " WHERE ($1::bigint = 0 OR tenant_id = $1) AND ($2 = '' OR caller = $2 OR callee = $2)"
        " AND started_at >= 'epoch'::timestamptz + $3::bigint * interval '1 ms'"
        " AND started_at < 'epoch'::timestamptz + $4::bigint * interval '1 ms'";
    if (!query.before_call_id.empty()) {
      sql +=
          " AND (started_at, call_id) < ('epoch'::timestamptz + $6::bigint * interval '1 ms', $7)";
    } else {
      sql += " AND $6::bigint = 0 AND $7::text = ''";
    }
    sql += " ORDER BY started_at DESC, call_id DESC LIMIT $5";
    std::vector<v1::Cdr> cdrs;
    for (const auto row :
         transaction.exec(sql, {query.tenant_id, query.party, query.from_ms, until, query.limit,
                                query.before_ms, query.before_call_id})) {
      cdrs.push_back(to_cdr(row));
    }
    return cdrs;
  });
}

Result<v1::Cdr> CdrStore::get(const std::string& scope, const std::string& call_id) {
  return pool_.with([&](Transaction& transaction) -> Result<v1::Cdr> {
    transaction.set_local("pbx.scope", scope);
    const auto rows = transaction.exec(std::string{kSelect} + "WHERE call_id = $1", {call_id});
    if (rows.empty()) return Errc::NotFound;
    return to_cdr(rows.front());
  });
}

}  // namespace pbx::billing
