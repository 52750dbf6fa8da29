#include "registrar/adapters/kafka_binding_log.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "model/topics.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::registrar {

KafkaBindingLog::KafkaBindingLog(std::string brokers, kafka::ClientOptions options,
                                 prometheus::Registry& registry, const Clock& clock)
    : brokers_{std::move(brokers)},
      options_{std::move(options)},
      registry_{registry},
      clock_{clock} {}

KafkaBindingLog::~KafkaBindingLog() {
  stop();
  if (closing_.joinable()) closing_.join();
}

void KafkaBindingLog::start() {
  stop();
  if (closing_.joinable()) closing_.join();  // no record of the reading before
  fold_ = {};
  auto apply = [this](std::string_view key, std::optional<std::string_view> payload) {
    const std::lock_guard lock{mutex_};
    if (fold_.apply(key, payload, clock_.now())) return;
    static log::RateLimited bad{log::Level::Warn, "binding event not understood"};
    bad({{"key", key}});
  };
  follower_ = std::make_unique<kafka::Follower>(brokers_, std::string{topics::kRegistrations},
                                                std::move(apply), registry_, options_);
}

bool KafkaBindingLog::complete() const { return follower_ && follower_->caught_up(); }

BindingFold KafkaBindingLog::take() {
  BindingFold taken;
  {
    const std::lock_guard lock{mutex_};
    taken = std::exchange(fold_, {});
  }
  stop();
  return taken;
}

void KafkaBindingLog::stop() {
  if (!follower_) return;
  if (closing_.joinable()) closing_.join();
  closing_ = std::thread{[follower = std::move(follower_)]() mutable { follower.reset(); }};
}

}  // namespace pbx::registrar
