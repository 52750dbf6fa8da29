#include "provisioning/adapters/outbox.hpp"

#include "postgres/migrations.hpp"
#include "provisioning/adapters/rows.hpp"

namespace pbx::provisioning {
namespace {

constexpr std::int64_t kPublisherLock = 0x7062785f6f757462;  // "pbx_outb"
constexpr int kSchemaVersion = 1;
constexpr std::size_t kPage = 1000;

/// All objects of one kind, a page at a time. False: a send failed. One query with a cursor, so
/// that its cost grows with the number of objects whatever plan row-level security leads to.
template <class Read>
bool send_all(postgres::Transaction& transaction, std::string_view kind, std::string_view select,
              const char* id_column, Read read, const Send& send, std::vector<std::string>& sent) {
  transaction.exec("DECLARE everything NO SCROLL CURSOR FOR " + std::string{select} + " ORDER BY " +
                   id_column);
  const auto fetch = "FETCH " + std::to_string(kPage) + " FROM everything";
  for (bool more = true; more;) {
    const auto rows = transaction.exec(fetch);
    std::vector<ConfigMessage> page;
    for (const auto row : rows) {
      const auto stored = read(row);
      const auto id = stored.object.id();
      page.push_back({0, record_key(kind, id), to_record(stored.revision, stored.object), 0});
      sent.push_back(page.back().key);
    }
    if (send(page) != page.size()) return false;
    more = page.size() == kPage;
  }
  transaction.exec("CLOSE everything");
  return true;
}

}  // namespace

Result<> Outbox::connect() {
  PBX_CHECK_OK(session_.connect());
  auto ready = session_.with([](postgres::Transaction& transaction) -> Result<> {
    PBX_TRY(const auto version, postgres::schema_version(transaction));
    if (version < kSchemaVersion) return Errc::Unavailable;
    transaction.exec("SELECT set_config('pbx.scope', '1', false)");
    return {};
  });
  if (ready) ready = session_.listen("outbox");
  if (!ready) session_.close();
  return ready;
}

Result<bool> Outbox::try_become_publisher() { return session_.try_lock(kPublisherLock); }

Result<std::vector<ConfigMessage>> Outbox::oldest(std::size_t limit) {
  using Messages = std::vector<ConfigMessage>;
  return session_.with([limit](postgres::Transaction& transaction) -> Result<Messages> {
    const auto rows = transaction.exec(
        "SELECT id, key, payload, (extract(epoch FROM clock_timestamp() - created_at) * "
        "1000)::bigint"
        " FROM outbox ORDER BY id LIMIT $1",
        {limit});
    Messages messages;
    for (const auto row : rows) {
      messages.push_back(
          {row[0].u64(), row[1].str(), row[2].bytes(), static_cast<double>(row[3].i64()) / 1000});
    }
    return messages;
  });
}

Result<> Outbox::forget(const std::vector<std::uint64_t>& ids) {
  postgres::Array array;
  for (const auto id : ids) array.add(id);
  return session_.with([&](postgres::Transaction& transaction) -> Result<> {
    transaction.exec("DELETE FROM outbox WHERE id = ANY($1::bigint[])", {array});
    return {};
  });
}

Result<std::uint64_t> Outbox::waiting() {
  return session_.with([](postgres::Transaction& transaction) -> Result<std::uint64_t> {
    return transaction.exec("SELECT count(*) FROM outbox").front()[0].u64();
  });
}

Result<std::string> Outbox::epoch() {
  return session_.with([](postgres::Transaction& transaction) -> Result<std::string> {
    return transaction.exec("SELECT id FROM epoch").front()[0].str();
  });
}

Result<std::uint64_t> Outbox::send_everything(const Send& send, const Finish& finish) {
  return session_.with([&](postgres::Transaction& transaction) -> Result<std::uint64_t> {
    transaction.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    transaction.exec("SET LOCAL idle_in_transaction_session_timeout = 0");
    std::vector<std::string> sent;
    const bool all =
        send_all(transaction, "account", kSelectAccounts, "a.id", to_account, send, sent) &&
        send_all(transaction, "domain", kSelectDomains, "d.id", to_domain, send, sent) &&
        send_all(transaction, "user", kSelectUsers, "u.id", to_user, send, sent) &&
        send_all(transaction, "device", kSelectDevices, "v.id", to_device, send, sent);
    if (!all) return Errc::Unavailable;
    const auto last = finish(sent);
    if (send(last) != last.size()) return Errc::Unavailable;
    transaction.exec("DELETE FROM outbox");  // what the snapshot shows; later changes stay
    return std::uint64_t{sent.size()};
  });
}

}  // namespace pbx::provisioning
