#include "provisioning/adapters/config_topic.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/errc.hpp"
#include "kafka/admin.hpp"
#include "kafka/follower.hpp"
#include "model/topics.hpp"
#include "pbx/events/v1/directory.pb.h"
#include "telemetry/log.hpp"

namespace pbx::provisioning {
namespace {

using namespace std::chrono_literals;

kafka::ProducerOptions producer_options(const kafka::ClientOptions& common) {
  kafka::ProducerOptions options;
  static_cast<kafka::ClientOptions&>(options) = common;
  options.linger = 1ms;  // a change should be everywhere within a tenth of a second
  options.message_timeout = 5s;
  return options;
}

/// One batch on its way. Shared with the producer's callbacks, which may outlive the wait.
struct UnderWay {
  explicit UnderWay(std::size_t count) : delivered(count), left{count} {}

  void done(std::size_t index, bool good) {
    std::lock_guard lock{mutex};
    delivered[index] = good;
    if (--left == 0) changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<bool> delivered;
  std::size_t left;
};

}  // namespace

ConfigTopic::ConfigTopic(std::string brokers, kafka::ClientOptions options,
                         prometheus::Registry& registry)
    : brokers_{std::move(brokers)},
      options_{std::move(options)},
      registry_{registry},
      producer_{brokers_, registry, producer_options(options_)} {}

void ConfigTopic::ensure() {
  const auto topics = kafka::platform_topics();
  const auto config = std::find_if(topics.begin(), topics.end(),
                                   [](const auto& topic) { return topic.name == topics::kConfig; });
  if (config == topics.end()) return;
  const auto made = kafka::Admin{brokers_, options_}.ensure_topics({*config}, 5s);
  if (!made) log::warn("topic config could not be checked", {{"error", made.error()}});
}

Result<ConfigTopic::Content> ConfigTopic::read(const std::atomic<bool>& stop,
                                               std::chrono::milliseconds timeout) {
  Content content;
  const auto apply = [&content](std::string_view key, std::optional<std::string_view> payload) {
    if (!payload || payload->empty()) {
      content.keys.erase(std::string{key});
      return;
    }
    if (key == "epoch/0") {
      events::v1::ConfigRecord record;
      const bool good = record.ParseFromArray(payload->data(), static_cast<int>(payload->size()));
      content.epoch = good && !record.epoch().filling() ? record.epoch().id() : std::string{};
      return;
    }
    content.keys.emplace(key);
  };
  const auto until = std::chrono::steady_clock::now() + timeout;
  {
    kafka::Follower follower{brokers_, std::string{topics::kConfig}, apply, registry_, options_};
    while (!follower.caught_up()) {
      if (stop) return Errc::Cancelled;
      if (std::chrono::steady_clock::now() > until) return Errc::Timeout;
      std::this_thread::sleep_for(5ms);
    }
  }
  return content;
}

std::size_t ConfigTopic::send(const std::vector<ConfigMessage>& messages,
                              const std::atomic<bool>& stop) {
  if (messages.empty()) return 0;
  const auto batch = std::make_shared<UnderWay>(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    producer_.produce(topics::kConfig, messages[i].key, messages[i].payload,
                      [batch, i](const Result<>& result) { batch->done(i, bool{result}); });
  }
  std::unique_lock lock{batch->mutex};
  while (batch->left != 0 && !stop) batch->changed.wait_for(lock, 100ms);
  const auto failed = std::find(batch->delivered.begin(), batch->delivered.end(), false);
  return static_cast<std::size_t>(failed - batch->delivered.begin());
}

}  // namespace pbx::provisioning
