#include "provisioning/adapters/publisher.hpp"

#include "core/errc.hpp"
#include "provisioning/domain/config_record.hpp"
#include "provisioning/metrics.hpp"
#include "telemetry/log.hpp"

namespace pbx::provisioning {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatch = 500;

}  // namespace

Publisher::Publisher(Outbox& outbox, ConfigTopic& topic, Metrics& metrics)
    : outbox_{outbox}, topic_{topic}, metrics_{metrics}, thread_{[this] { run(); }} {}

Publisher::~Publisher() { stop(); }

void Publisher::stop() {
  {
    std::lock_guard lock{mutex_};
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Publisher::run() {
  while (!stop_) {
    if (const auto done = step(); !done) lost(done.error());
  }
  outbox_.close();  // frees the lock for another process
  metrics_.publisher_active.Set(0);
}

Result<> Publisher::step() {
  if (!outbox_.connected()) PBX_CHECK_OK(outbox_.connect());
  database_ok_ = true;
  if (!active_) {
    PBX_TRY(const auto ours, outbox_.try_become_publisher());
    if (!ours) {
      pause(1s);
      return {};
    }
    log::info("outbox publisher active");
    active_ = true;
    topic_checked_ = false;
    metrics_.publisher_active.Set(1);
  }
  if (!topic_checked_) PBX_CHECK_OK(take_over());
  return publish();
}

Result<> Publisher::take_over() {
  topic_.ensure();
  PBX_TRY(const auto content, topic_.read(stop_, 30s));
  PBX_TRY(const auto epoch, outbox_.epoch());
  if (content.epoch == epoch) {
    topic_checked_ = true;
    return {};
  }
  log::info("topic config is filled anew", {{"found_epoch", content.epoch}, {"epoch", epoch}});
  const auto send = [this](const std::vector<ConfigMessage>& messages) {
    return topic_.send(messages, stop_);
  };
  const auto finish = [&](const std::vector<std::string>& sent) {
    auto strange = content.keys;
    for (const auto& key : sent) strange.erase(key);
    std::vector<ConfigMessage> last;
    for (const auto& key : strange) last.push_back({0, key, {}, 0});
    last.push_back({0, "epoch/0", epoch_record(epoch, false), 0});
    return last;
  };
  // First of all: from here on readers must not compare revisions with those of before.
  if (send({{0, "epoch/0", epoch_record(epoch, true), 0}}) != 1) return Errc::Unavailable;
  PBX_TRY(const auto count, outbox_.send_everything(send, finish));
  metrics_.republished.Increment(static_cast<double>(count));
  log::info("topic config filled", {{"objects", count}});
  topic_checked_ = true;
  return {};
}

Result<> Publisher::publish() {
  PBX_TRY(const auto messages, outbox_.oldest(kBatch));
  metrics_.outbox_waiting.Set(static_cast<double>(messages.size()));
  if (messages.empty()) {
    const auto notified = outbox_.wait(200ms);
    return notified.error();
  }
  if (messages.size() == kBatch) {
    PBX_TRY(const auto waiting, outbox_.waiting());
    metrics_.outbox_waiting.Set(static_cast<double>(waiting));
  }
  const auto began = std::chrono::steady_clock::now();
  const auto delivered = topic_.send(messages, stop_);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 0; i < delivered; ++i) {
    ids.push_back(messages[i].id);
    metrics_.outbox_seconds.Observe(messages[i].age_seconds + took.count());
  }
  metrics_.outbox_published.Increment(static_cast<double>(delivered));
  if (!ids.empty()) PBX_CHECK_OK(outbox_.forget(ids));
  if (delivered < messages.size() && !stop_) {
    metrics_.outbox_failed.Increment();
    pause(200ms);
  }
  return {};
}

void Publisher::lost(std::error_code error) {
  const bool connected = outbox_.connected();
  database_ok_ = connected;
  if (!connected && active_) {
    // Somebody else may publish from now on: nothing of ours may arrive after theirs.
    topic_.start_over();
    active_ = false;
    metrics_.publisher_active.Set(0);
  }
  if (stop_) return;
  log::warn("outbox publisher waits", {{"error", error}, {"database", connected}});
  pause(500ms);
}

void Publisher::pause(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  stopped_.wait_for(lock, time, [this] { return stop_.load(); });
}

}  // namespace pbx::provisioning
