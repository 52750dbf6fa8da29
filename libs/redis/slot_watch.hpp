#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "redis/metrics.hpp"
#include "redis/options.hpp"
#include "redis/question.hpp"
#include "redis/slot_map.hpp"

namespace pbx::redis {

/// Asks a cluster's nodes for the slots: at once, every `options.refresh`, and soon when something
/// went wrong. One question at a time, to another node each.
class SlotWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  SlotWatch(boost::asio::io_context& context, const Options& options,
            std::shared_ptr<boost::asio::ssl::context> tls, Metrics& metrics);

  /// `on_map` gets every answer. `settled`: whether all is well, else it asks more often.
  void start(std::function<void(SlotMap)> on_map, std::function<bool()> settled);
  /// The map may be another one by now.
  void suspect();
  void stop();

 private:
  void ask();
  void take(const Address& asked, Result<Reply> reply);
  void ask_after(std::chrono::milliseconds delay);

  boost::asio::io_context& context_;
  Options options_;
  const std::shared_ptr<boost::asio::ssl::context> tls_;
  Metrics& metrics_;
  std::function<void(SlotMap)> on_map_;
  std::function<bool()> settled_;
  std::vector<Address> nodes_;  // of the last map
  std::size_t next_;
  std::size_t failures_ = 0;  // since the last answer
  bool asking_ = false;
  bool hurried_ = false;
  Time asked_at_{};
  boost::asio::steady_timer timer_;
  std::optional<Question> question_;
  std::shared_ptr<void> alive_;
};

}  // namespace pbx::redis
