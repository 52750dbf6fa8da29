#include "rpc/batch_stream.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>
#include <vector>

#include "core/backoff.hpp"
#include "core/random.hpp"
#include "pbx/config/v1/common.pb.h"
#include "rpc/batch_wire.hpp"
#include "rpc/detail/pending_items.hpp"
#include "rpc/detail/stream_call.hpp"
#include "rpc/metrics.hpp"
#include "telemetry/log.hpp"

namespace pbx::rpc {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kSweep{50};
/// Bytes of a batch of replies.
constexpr std::size_t kMaxReplies = 16 * 1024 * 1024;

std::vector<detail::StreamTarget> targets_of(const config::v1::StreamClient& config,
                                             const BatchStreamOptions& options,
                                             const Credentials& credentials, std::size_t number) {
  const auto tls = detail::client_tls(config.has_tls() ? &config.tls() : nullptr);
  std::vector<detail::StreamTarget> targets;
  for (const auto& name : config.targets()) {
    const auto server = net::parse_host_port(name);
    if (!server) throw std::runtime_error{"stream target is not host:port: " + name};
    targets.push_back({name, *server, number, options.method, credentials, tls, kMaxReplies});
  }
  if (targets.empty()) throw std::runtime_error{"stream client without targets"};
  return targets;
}

}  // namespace

/// Closed ── connect ──► Connecting ── accepted ──► Open ── half closed ──► Leaving
///   ▲ back-off after a round over all servers           │ lost, silent         │ ended
///   └───────────────────────────────────────────────────┴──────────────────────┘
/// From Leaving it is Open at once: the stream to the own server was accepted before.
class BatchStreamCore::Impl final : public detail::StreamEvents,
                                    public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, const config::v1::StreamClient& config,
       const Credentials& credentials, BatchStreamOptions options, prometheus::Registry& registry)
      : loop_{loop},
        options_{std::move(options)},
        metrics_{registry, options_.method},
        number_{options_.home.value_or(static_cast<std::size_t>(random_u64() >> 1))},
        targets_{targets_of(config, options_, credentials, number_)},
        home_{number_ % targets_.size()},
        target_{home_},
        home_events_{*this},
        items_{{options_.max_pending, options_.max_message, options_.max_tries}},
        sweep_timer_{loop},
        retry_timer_{loop} {}

  void start() {
    boost::asio::post(loop_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->connect();
    });
  }

  std::uint64_t next_id() const { return items_.next_id(); }
  bool connected() const { return state_ == State::Open; }
  std::size_t pending() const { return items_.live(); }

  void submit(std::uint64_t id, const google::protobuf::MessageLite& item, Done done) {
    if (state_ == State::Ended) return fail_later(std::move(done), Errc::Cancelled);
    if (items_.full()) {
      metrics_.overloaded.Increment();
      return fail_later(std::move(done), Errc::Overloaded);
    }
    items_.add(id, item, Steady::now(), std::move(done));
    flush_at_end_of_turn();
    sweep_later();
  }

  void close() {
    for (auto& done : end()) fail_later(std::move(done), Errc::Cancelled);
  }

  /// No event comes after it. Gives back what is unanswered.
  std::vector<Done> end() {
    if (state_ == State::Ended) return {};
    drop_call();
    home_call_.reset();
    state_ = State::Ended;
    sweep_timer_.cancel();
    retry_timer_.cancel();
    auto unanswered = items_.take_all();
    metrics_.cancelled.Increment(static_cast<double>(unanswered.size()));
    return unanswered;
  }

  void on_open() override {
    if (state_ == State::Connecting) opened();
  }

  void on_written() override {
    writing_ = false;
    if (home_open_) return leave();
    write();
  }

  void on_message(std::string_view bytes) override {
    heard_at_ = Steady::now();
    failures_ = 0;
    const auto self = shared_from_this();  // an answer may end the stream
    BatchReader reader{bytes};
    while (const auto item = reader.next()) {
      auto answered = items_.take(item_id(*item));
      if (!answered.done) continue;  // expired meanwhile
      metrics_.answered.Increment();
      metrics_.seconds.Observe(
          std::chrono::duration<double>(heard_at_ - answered.submitted).count());
      answered.done(*item);
    }
    if (!reader.ok()) metrics_.malformed.Increment();
  }

  void on_closed() override {
    const bool planned = state_ == State::Leaving;
    const bool refused = state_ == State::Connecting;
    (planned ? metrics_.moved : refused ? metrics_.refused : metrics_.closed).Increment();
    lost(planned ? home_ : next_target());
  }

 private:
  enum class State { Closed, Connecting, Open, Leaving, Ended };

  /// Of the stream that is tried to the own server while another one serves.
  struct HomeEvents final : detail::StreamEvents {
    explicit HomeEvents(Impl& stream) : impl{stream} {}
    void on_open() override {
      impl.home_open_ = true;
      impl.leave();
    }
    void on_written() override {}
    void on_message(std::string_view) override {}
    void on_closed() override { impl.forget_home(); }

    Impl& impl;
  };

  std::size_t next_target() const { return (target_ + 1) % targets_.size(); }

  void connect() {
    if (state_ != State::Closed) return;
    state_ = State::Connecting;
    writing_ = false;
    opened_at_ = Steady::now();
    call_ = std::make_unique<detail::StreamCall>(loop_, targets_[target_], *this);
    sweep_later();
  }

  void opened() {
    state_ = State::Open;
    opened_at_ = heard_at_ = Steady::now();
    home_checked_at_ = opened_at_;
    metrics_.connected.Increment();
    log::info("stream open", {{"method", options_.method}, {"server", targets_[target_].name}});
    requeue();
    write();
  }

  void drop_call() {
    if (state_ == State::Open || state_ == State::Leaving) metrics_.connected.Decrement();
    call_.reset();
    writing_ = false;
  }

  /// The stream is gone: its items wait for the next one, which is tried at once until a round over
  /// all servers has failed.
  void lost(std::size_t next) {
    const bool was_useful = state_ != State::Connecting && Steady::now() - opened_at_ > kUseful;
    if (was_useful || state_ == State::Leaving) failures_ = 0;
    drop_call();
    if (home_open_) return be_home();
    forget_home();
    state_ = State::Closed;
    target_ = next;
    requeue();
    if (failures_++ < targets_.size()) return connect();
    const auto rounds = failures_ / targets_.size();
    retry_timer_.expires_after(backoff(options_.backoff_min, options_.backoff_max, rounds));
    retry_timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const auto self = weak.lock();
      if (!error && self) self->connect();
    });
  }

  void requeue() {
    const auto before = items_.sent_again();
    auto failed = items_.requeue();
    metrics_.sent_again.Increment(static_cast<double>(items_.sent_again() - before));
    for (auto& done : failed) {
      metrics_.unavailable.Increment();
      fail_later(std::move(done), Errc::Unavailable);
    }
  }

  void flush_at_end_of_turn() {
    if (flush_posted_ || state_ != State::Open || writing_) return;
    flush_posted_ = true;
    boost::asio::post(loop_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->flush_posted_ = false;
      self->write();
    });
  }

  void write() {
    if (state_ != State::Open || writing_ || !items_.has_unsent()) return;
    if (items_.owed() == 0) heard_at_ = Steady::now();  // from now on it owes an answer
    writing_ = true;
    const auto owed = items_.owed();
    auto message = items_.take_message();
    metrics_.messages.Increment();
    metrics_.batch_items.Observe(static_cast<double>(items_.owed() - owed));
    call_->write(std::move(message));
  }

  void sweep_later() {
    if (sweeping_) return;
    sweeping_ = true;
    sweep_timer_.expires_after(kSweep);
    sweep_timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const auto self = weak.lock();
      if (error || !self) return;
      self->sweeping_ = false;
      self->sweep();
    });
  }

  void sweep() {
    const auto now = Steady::now();
    expire(now);
    const auto silent_since = state_ == State::Connecting ? opened_at_ : heard_at_;
    const bool owes = state_ == State::Connecting || state_ == State::Leaving || items_.owed() > 0;
    if (call_ && owes && now - silent_since > options_.stall) {
      metrics_.stalled.Increment();
      log::warn("stream gives no answer",
                {{"method", options_.method}, {"server", targets_[target_].name}});
      lost(next_target());
    }
    go_home(now);
    const bool away = state_ == State::Open && target_ != home_;
    if (items_.live() > 0 || state_ == State::Connecting || state_ == State::Leaving || away) {
      sweep_later();
    }
  }

  /// After a failure all workers' streams end up at the server that was left. While a stream is
  /// away it tries now and then to open another one to its own server; when that is accepted, the
  /// stream moves there as soon as everything is answered.
  void go_home(Steady::time_point now) {
    if (state_ != State::Open || target_ == home_ || home_open_) return;
    if (now - home_checked_at_ < (home_call_ ? options_.stall : options_.home_check)) return;
    home_checked_at_ = now;
    if (home_call_) return forget_home();
    home_call_ = std::make_unique<detail::StreamCall>(loop_, targets_[home_], home_events_);
  }

  void forget_home() {
    home_call_.reset();
    home_open_ = false;
  }

  void leave() {
    if (state_ != State::Open || writing_) return;
    state_ = State::Leaving;
    writing_ = true;
    heard_at_ = Steady::now();
    call_->half_close();
  }

  void be_home() {
    home_open_ = false;
    call_ = std::move(home_call_);
    call_->tell(*this);
    target_ = home_;
    failures_ = 0;
    opened();
  }

  void expire(Steady::time_point now) {
    const auto self = shared_from_this();
    for (auto& [done, sent] : items_.expire(now - options_.deadline)) {
      (sent ? metrics_.timed_out : metrics_.unavailable).Increment();
      done(sent ? Errc::Timeout : Errc::Unavailable);
    }
  }

  /// Never from within submit() or a caller's destructor.
  void fail_later(Done done, Errc error) {
    boost::asio::post(loop_, [weak = weak_from_this(), done = std::move(done), error]() mutable {
      if (!weak.expired()) done(error);
    });
  }

  static constexpr std::chrono::seconds kUseful{1};

  boost::asio::io_context& loop_;
  const BatchStreamOptions options_;
  BatchClientMetrics metrics_;
  const std::size_t number_;  ///< Its own, to spread the streams over servers.
  const std::vector<detail::StreamTarget> targets_;
  const std::size_t home_;  ///< Server this stream belongs to.
  std::size_t target_;      ///< Server it is at, or tries.
  HomeEvents home_events_;
  detail::PendingItems items_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer retry_timer_;
  State state_ = State::Closed;
  std::size_t failures_ = 0;
  bool writing_ = false;
  bool flush_posted_ = false;
  bool sweeping_ = false;
  bool home_open_ = false;  ///< home_call_ is accepted.
  Steady::time_point opened_at_;
  Steady::time_point heard_at_;
  Steady::time_point home_checked_at_;
  std::unique_ptr<detail::StreamCall> call_;
  std::unique_ptr<detail::StreamCall> home_call_;
};

BatchStreamCore::BatchStreamCore(boost::asio::io_context& loop,
                                 const config::v1::StreamClient& config, Credentials credentials,
                                 BatchStreamOptions options, prometheus::Registry& registry)
    : impl_{std::make_shared<Impl>(loop, config, std::move(credentials), std::move(options),
                                   registry)} {
  impl_->start();
}

BatchStreamCore::~BatchStreamCore() { impl_->end(); }

std::uint64_t BatchStreamCore::next_id() { return impl_->next_id(); }

void BatchStreamCore::submit(std::uint64_t id, const google::protobuf::MessageLite& item,
                             Done done) {
  impl_->submit(id, item, std::move(done));
}

bool BatchStreamCore::connected() const { return impl_->connected(); }
std::size_t BatchStreamCore::pending() const { return impl_->pending(); }
void BatchStreamCore::close() { impl_->close(); }

}  // namespace pbx::rpc
