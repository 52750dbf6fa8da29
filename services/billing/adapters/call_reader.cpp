#include "billing/adapters/call_reader.hpp"

#include <algorithm>
#include <utility>

#include "billing/metrics.hpp"
#include "core/errc.hpp"
#include "model/topics.hpp"
#include "telemetry/log.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::billing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostRecords = 1000;
constexpr auto kOffsetsAloneWait = 1s;

log::RateLimited log_bad{log::Level::Warn, "call event skipped"};

bool passes_by_itself(std::error_code error) {
  return error == Errc::Unavailable || error == Errc::Timeout || error == Errc::Overloaded;
}

}  // namespace

CallReader::CallReader(const std::string& brokers, kafka::ConsumerOptions options,
                       std::string owner, CdrStore& store, Metrics& metrics,
                       prometheus::Registry& registry)
    : owner_{std::move(owner)},
      store_{store},
      metrics_{metrics},
      fold_{metrics},
      consumer_{brokers, registry, std::move(options)},
      thread_{[this] { run(); }} {}

CallReader::~CallReader() { stop(); }

void CallReader::stop() {
  {
    std::lock_guard lock{mutex_};
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CallReader::run() {
  subscribe();
  while (!stop_) {
    if (std::exchange(lost_claims_, false)) subscribe();
    read();
    if (due()) save();
    probe();
  }
  if (!fold_.batch().empty()) save_once();
}

/// Once more, it leaves the group and joins anew.
void CallReader::subscribe() {
  kafka::Consumer::Rebalance rebalance;
  rebalance.assigned = [this](auto& positions) { assigned(positions); };
  rebalance.revoked = [this](const auto& positions) { revoked(positions); };
  const auto subscribed = consumer_.subscribe({std::string{topics::kCalls}}, rebalance);
  if (!subscribed) log::error("cannot subscribe to calls", {{"error", subscribed.error()}});
}

void CallReader::assigned(std::vector<kafka::Position>& positions) {
  if (positions.empty()) return;
  std::vector<std::int32_t> partitions;
  for (const auto& position : positions) partitions.push_back(position.partition);
  // Without its offsets a partition cannot be read: wait for the database, however long.
  auto claims = store_.claim(partitions, owner_);
  while (!claims && !stop_) {
    database_ok_ = false;
    log::warn("offsets cannot be read from the database", {{"error", claims.error()}});
    pause(500ms);
    claims = store_.claim(partitions, owner_);
  }
  if (!claims) return;
  database_ok_ = true;
  for (auto& position : positions) {
    const auto& claim = (*claims)[position.partition];
    position.offset = claim.next_offset;
    claims_[position.partition] = claim;
    fold_.begin(position.partition, claim.next_offset);
  }
  metrics_.partitions.Set(static_cast<double>(claims_.size()));
}

void CallReader::revoked(const std::vector<kafka::Position>& positions) {
  const auto& batch = fold_.batch();
  if (!batch.empty()) {
    // Once: what cannot be saved now is read again by the next owner.
    if (const auto written = store_.save(batch, claims_)) saved(batch, *written);
  }
  for (const auto& position : positions) {
    claims_.erase(position.partition);
    fold_.end(position.partition);
  }
  metrics_.partitions.Set(static_cast<double>(claims_.size()));
}

void CallReader::read() {
  const auto records = consumer_.poll(100ms, kMostRecords);
  if (!records) {
    log::warn("reading calls failed", {{"error", records.error()}});
    pause(200ms);
    return;
  }
  const auto bad_before = fold_.batch().bad.size();
  for (const auto& record : *records) {
    fold_.add({record.partition, record.offset, record.key, record.payload});
  }
  const auto& bad = fold_.batch().bad;
  for (std::size_t i = bad_before; i < bad.size(); ++i) {
    log_bad(
        {{"reason", bad[i].reason}, {"partition", bad[i].partition}, {"offset", bad[i].offset}});
  }
}

bool CallReader::due() const {
  const auto& batch = fold_.batch();
  if (batch.has_rows()) return true;
  return !batch.empty() && std::chrono::steady_clock::now() - last_save_ > kOffsetsAloneWait;
}

void CallReader::save() {
  while (!save_once()) {
    if (stop_) return;  // nothing is lost: the offsets still point before it
    metrics_.save_failures.Increment();
    pause(500ms);
  }
}

/// True when there is nothing left to save.
bool CallReader::save_once() {
  const auto& batch = fold_.batch();
  const auto written = store_.save(batch, claims_);
  database_ok_ = written || !passes_by_itself(written.error());
  if (written) {
    saved(batch, *written);
    return true;
  }
  if (written.error() == Errc::Conflict) {
    fenced();
    return true;
  }
  log::warn("CDRs cannot be written", {{"error", written.error()}, {"calls", batch.calls.size()}});
  if (passes_by_itself(written.error()) || batch.calls.empty()) return false;
  refuse_bad_rows();
  return false;
}

void CallReader::saved(const Batch& batch, std::size_t written) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  for (const auto& call : batch.calls) {
    const auto delay = static_cast<double>(now.count() - call.cdr.ended_at_ms()) / 1000;
    metrics_.delay_seconds.Observe(std::max(0.0, delay));
  }
  metrics_.cdrs.Increment(static_cast<double>(written));
  metrics_.cdrs_repeated.Increment(static_cast<double>(batch.calls.size() - written));
  metrics_.batches.Increment();
  if (!batch.calls.empty()) metrics_.batch_rows.Observe(static_cast<double>(batch.calls.size()));
  last_save_ = std::chrono::steady_clock::now();
  fold_.clear();
}

void CallReader::refuse_bad_rows() {
  // One at a time, without moving any offset: what the database takes is kept already when the
  // batch is saved again, and does no harm there.
  for (auto i = fold_.batch().calls.size(); i-- > 0 && !stop_;) {
    Batch one;
    one.calls.push_back(fold_.batch().calls[i]);
    const auto written = store_.save(one, claims_);
    if (written) metrics_.cdrs.Increment(static_cast<double>(*written));
    if (written || passes_by_itself(written.error())) continue;
    log_bad({{"reason", std::string_view{"refused"}},
             {"call_id", one.calls.front().cdr.call_id()},
             {"error", written.error()}});
    fold_.refuse(i, "refused");
  }
}

void CallReader::fenced() {
  // Which one was taken over is not known, so all are asked for anew and read from where the
  // database says.
  log::warn("a partition was taken over by another process");
  metrics_.fenced.Increment();
  fold_.end_all();
  claims_.clear();
  metrics_.partitions.Set(0);
  lost_claims_ = true;
}

void CallReader::probe() {
  const auto now = std::chrono::steady_clock::now();
  if (now - std::max(last_save_, last_probe_) < (database_ok_ ? 2s : 500ms)) return;
  last_probe_ = now;
  database_ok_ = bool{store_.check()};
}

void CallReader::pause(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  stopped_.wait_for(lock, time, [this] { return stop_.load(); });
}

}  // namespace pbx::billing
