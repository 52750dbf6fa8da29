#include "redis/slot_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <utility>

#include "core/backoff.hpp"
#include "core/errc.hpp"
#include "core/random.hpp"
#include "telemetry/rate_limited.hpp"

namespace asio = boost::asio;

namespace pbx::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRefresh{10'000};
constexpr milliseconds kUnsettledRefresh{250};
constexpr milliseconds kLeastGap{50};

log::RateLimited failed_line{log::Level::Warn, "redis cluster node did not tell the slots"};

}  // namespace

SlotWatch::SlotWatch(asio::io_context& context, const Options& options,
                     std::shared_ptr<asio::ssl::context> tls, Metrics& metrics)
    : context_{context},
      options_{options},
      tls_{std::move(tls)},
      metrics_{metrics},
      next_{random_u64() % 1024},
      timer_{context},
      alive_{std::make_shared<int>()} {
  options_.timeout /= 2;
  if (options_.refresh.count() == 0) options_.refresh = kRefresh;
}

void SlotWatch::start(std::function<void(SlotMap)> on_map, std::function<bool()> settled) {
  on_map_ = std::move(on_map);
  settled_ = std::move(settled);
  ask();
}

void SlotWatch::stop() {
  alive_.reset();
  timer_.cancel();
  question_.reset();
}

void SlotWatch::suspect() {
  if (asking_ || hurried_ || !alive_) return;
  hurried_ = true;
  const auto since = std::chrono::steady_clock::now() - asked_at_;
  const auto past = std::chrono::duration_cast<milliseconds>(since);
  // Workers and nodes see the same failure in the same moment: jitter spreads their questions.
  ask_after(jittered(past >= kLeastGap ? milliseconds{2} : kLeastGap - past));
}

void SlotWatch::ask_after(milliseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait(
      [this, alive = std::weak_ptr<void>{alive_}](boost::system::error_code cancelled) {
        if (!cancelled && !alive.expired()) ask();
      });
}

/// Nodes of the last map and the seeds take turns.
void SlotWatch::ask() {
  asking_ = true;
  hurried_ = false;
  asked_at_ = std::chrono::steady_clock::now();
  const auto at = next_++ % (nodes_.size() + options_.seeds.size());
  const auto node = at < nodes_.size() ? nodes_[at] : options_.seeds[at - nodes_.size()];
  options_.host = node.host;
  options_.port = node.port;
  question_.emplace(context_, options_, tls_, Command{"CLUSTER", "SLOTS"},
                    [this, node](Result<Reply> reply) { take(node, std::move(reply)); });
}

void SlotWatch::take(const Address& asked, Result<Reply> reply) {
  asking_ = false;
  auto map = reply ? SlotMap::parse(*reply, asked) : Result<SlotMap>{reply.error()};
  if (!map) {
    metrics_.failed_lookups.Increment();
    failed_line({{"node", to_string(asked)}, {"error", map.error()}});
    // The others are asked at once; when all have failed it waits longer from round to round.
    const auto round = ++failures_ / (nodes_.size() + options_.seeds.size());
    return ask_after(round == 0 ? milliseconds{1}
                                : backoff(options_.backoff_min, options_.backoff_max, round));
  }
  metrics_.lookups.Increment();
  failures_ = 0;
  nodes_ = map->nodes();
  on_map_(std::move(*map));
  if (!alive_ || hurried_) return;
  ask_after(jittered(settled_() ? options_.refresh : kUnsettledRefresh));
}

}  // namespace pbx::redis
