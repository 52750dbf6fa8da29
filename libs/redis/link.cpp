#include "redis/link.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "core/backoff.hpp"
#include "core/errc.hpp"
#include "redis/backlog.hpp"
#include "redis/errc.hpp"
#include "redis/reply_reader.hpp"
#include "redis/stream.hpp"
#include "telemetry/log.hpp"
#include "telemetry/rate_limited.hpp"

namespace asio = boost::asio;

namespace pbx::redis {
namespace {

using boost::system::error_code;
using std::chrono::milliseconds;
using Time = Backlog::Time;

constexpr std::size_t kReadBuffer = 64u << 10, kKeptWriteBuffer = 1u << 20;

log::RateLimited refused_line{log::Level::Warn, "redis answered with an error"};

}  // namespace

std::error_code refusal(std::string_view error_reply, Metrics& metrics) {
  const auto error = classify(error_reply);
  if (error != Errc::AlreadyLoaded) {
    metrics.error_replies.Increment();
    refused_line({{"reply", error_reply}});
  }
  return error;
}

class Link::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, Options options, std::shared_ptr<asio::ssl::context> tls,
       Metrics& metrics, Link& owner)
      : context_{context},
        options_{std::move(options)},
        address_{options_.host, options_.port},
        metrics_{metrics},
        owner_{&owner},
        tls_{std::move(tls)},
        tick_{context},
        backoff_{context} {}

  bool ready() const { return state_ == State::Ready; }
  bool accepting() const { return ready() || in_hook_; }
  bool fresh() const { return fresh_ && state_ != State::Idle && state_ != State::Closed; }
  bool idle() const { return backlog_.size() == 0; }
  const Address& address() const { return address_; }
  void add_hook(ConnectHook hook) { hooks_.push_back(std::move(hook)); }
  void find_with(std::function<void(Found)> finder) { finder_ = std::move(finder); }
  void watch(std::function<void(bool)> watcher) { watcher_ = std::move(watcher); }

  void start() {
    find();
    schedule_tick();
  }

  void send(const Command& command, Callback done, bool raw) {
    // While shaking hands only the hooks send; everybody else waits for Ready.
    if (!accepting())
      return refuse(std::move(done),
                    state_ == State::Closed ? pbx::Errc::Cancelled : pbx::Errc::Unavailable);
    if (backlog_.size() >= options_.max_pending ||
        backlog_.unsent_bytes() + command.size() > options_.max_unsent_bytes) {
      return refuse(std::move(done), pbx::Errc::Overloaded);
    }
    enqueue(command, std::move(done), raw);
  }

  void drop(std::error_code why) {
    if (ready()) lost(why);
  }

  void close() {
    auto pending = end();
    for (auto& each : pending) {
      if (each.done) each.done(pbx::Errc::Cancelled);
    }
  }

  /// The owner is going: nobody is called any more.
  void abandon() {
    end();
    owner_ = nullptr;
    finder_ = nullptr;
    watcher_ = nullptr;
  }

 private:
  enum class State { Idle, Finding, Connecting, ShakingHands, Ready, Waiting, Closed };

  void refuse(Callback done, std::error_code error) {
    metrics_.refused.Increment();
    if (done) done(error);
  }

  void enqueue(const Command& command, Callback done, bool raw = false) {
    backlog_.push(command, std::move(done), now_, raw);
    if (writing_ || flush_posted_) return;
    flush_posted_ = true;
    asio::post(context_, [self = shared_from_this()] {
      self->flush_posted_ = false;
      self->flush();
    });
  }

  // --- connecting ---

  void find() {
    if (state_ == State::Closed) return;
    if (!finder_) return connect();
    state_ = State::Finding;
    finder_([self = shared_from_this()](Result<Address> found) {
      if (self->state_ != State::Finding) return;
      if (!found) return self->lost(found.error());
      self->address_ = std::move(*found);
      self->connect();
    });
  }

  void connect() {
    state_ = State::Connecting;
    now_ = std::chrono::steady_clock::now();
    connect_deadline_ = now_ + options_.timeout;
    reader_ = std::make_unique<ReplyReader>();
    auto options = options_;
    options.host = address_.host;
    options.port = address_.port;
    stream_ = make_stream(context_, options, tls_);
    stream_->connect([self = shared_from_this(), stream = stream_](error_code error) {
      if (stream != self->stream_) return;
      if (error) return self->lost(error);
      self->shake_hands();
    });
  }

  void shake_hands() {
    state_ = State::ShakingHands;
    if (!options_.password.empty()) {
      Command auth{"AUTH"};
      if (!options_.user.empty()) auth.add(options_.user);
      enqueue(auth.add(options_.password.reveal()), needed());
    }
    if (options_.db != 0) enqueue(Command{"SELECT"}.add(options_.db), needed());
    if (finder_) enqueue(Command{"ROLE"}, master_only());
    in_hook_ = true;
    for (const auto& hook : hooks_) hook(*owner_);
    in_hook_ = false;
    if (state_ != State::ShakingHands) return;
    enqueue(Command{"PING"}, [this](Result<Reply> reply) {
      if (!reply) return lost_soon(reply.error());
      if (doomed_) return;
      state_ = State::Ready;
      failures_ = 0;
      fresh_ = false;
      metrics_.connected.Increment();
      log::info("redis connected", {{"address", name()}});
      if (watcher_) watcher_(true);
    });
    read();
  }

  /// For a command of the hand-shake that must succeed.
  Callback needed() {
    return [this](Result<Reply> reply) {
      if (!reply) lost_soon(reply.error());
    };
  }

  Callback master_only() {
    return [this](Result<Reply> reply) {
      if (!reply) return lost_soon(reply.error());
      if ((*reply)[0].text() != "master") lost_soon(make_error_code(Errc::ReadOnly));
    };
  }

  std::string name() const {
    return options_.unix_path.empty() ? to_string(address_) : options_.unix_path;
  }

  /// From within a reply's callback: the connection ends when all replies at hand are handed out.
  void lost_soon(std::error_code error) {
    if (!doomed_) doomed_ = error;
  }

  void lost(std::error_code error) {
    log::warn("redis connection lost", {{"address", name()}, {"error", error}});
    metrics_.reconnects.Increment();
    fresh_ = false;
    auto pending = disconnect(State::Waiting);
    metrics_.lost.Increment(static_cast<double>(pending.size()));
    backoff_.expires_after(backoff(options_.backoff_min, options_.backoff_max, failures_++));
    backoff_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) self->find();
    });
    for (auto& each : pending) {
      if (each.done) each.done(pbx::Errc::Unavailable);
    }
    if (watcher_) watcher_(false);
  }

  std::deque<Backlog::Pending> end() {
    if (state_ == State::Closed) return {};
    tick_.cancel();
    backoff_.cancel();
    return disconnect(State::Closed);
  }

  std::deque<Backlog::Pending> disconnect(State next) {
    if (ready()) metrics_.connected.Decrement();
    state_ = next;
    doomed_.reset();
    if (stream_) std::exchange(stream_, nullptr)->close();
    writing_ = false;
    metrics_.pending.Decrement(static_cast<double>(backlog_.size() - backlog_.unsent()));
    return backlog_.clear();
  }

  // --- writing ---

  void flush() {
    if (writing_ || !stream_ || backlog_.unsent() == 0) return;
    now_ = std::chrono::steady_clock::now();
    if (writing_buffer_.capacity() > kKeptWriteBuffer) writing_buffer_ = {};
    const auto count = static_cast<double>(backlog_.take_unsent(writing_buffer_, now_));
    metrics_.commands.Increment(count);
    metrics_.pending.Increment(count);
    metrics_.batch_commands.Observe(count);
    writing_ = true;
    // The write may outlive this connection's stream: it keeps the bytes that it was given.
    auto bytes = std::make_shared<std::string>(std::move(writing_buffer_));
    const auto view = asio::buffer(*bytes);
    stream_->write(
        view, [self = shared_from_this(), stream = stream_, bytes](error_code error, std::size_t) {
          if (stream != self->stream_) return;
          self->writing_ = false;
          if (error) return self->lost(error);
          self->writing_buffer_ = std::move(*bytes);
          self->flush();
        });
  }

  // --- reading ---

  void read() {
    stream_->read_some(asio::buffer(read_buffer_), [self = shared_from_this(), stream = stream_](
                                                       error_code error, std::size_t size) {
      if (stream != self->stream_) return;
      if (error) return self->lost(error);
      self->now_ = self->last_read_ = std::chrono::steady_clock::now();
      self->reader_->feed({self->read_buffer_.data(), size});
      self->hand_out(stream);
    });
  }

  void hand_out(const std::shared_ptr<Stream>& stream) {
    double answered = 0;
    while (stream == stream_) {
      auto reply = reader_->next();
      if (!reply) return lost(reply.error());
      if (!*reply) break;
      auto pending = backlog_.pop();
      if (!pending) return lost(make_error_code(pbx::Errc::BadData));  // a reply to nothing
      metrics_.pending.Decrement();
      deliver(*pending, std::move(**reply));
      ++answered;
    }
    if (stream != stream_) return;
    if (doomed_) return lost(*doomed_);
    read();
  }

  void deliver(Backlog::Pending& pending, Reply reply) {
    if (pending.first_of_write) {
      metrics_.seconds.Observe(std::chrono::duration<double>(now_ - pending.since).count());
    }
    if (!reply.is_error()) {
      if (pending.done) pending.done(std::move(reply));
      return;
    }
    const auto error = pending.raw ? classify(reply.text()) : refusal(reply.text(), metrics_);
    // Fail-over: the name may lead to the new master by now.
    if (error == Errc::ReadOnly || error == Errc::Loading) lost_soon(error);
    if (!pending.done) return;
    if (pending.raw) {
      pending.done(std::move(reply));
    } else {
      pending.done(error);
    }
  }

  // --- deadlines ---

  void schedule_tick() {
    tick_.expires_after(std::clamp(options_.timeout / 10, milliseconds{5}, milliseconds{100}));
    tick_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (cancelled || self->state_ == State::Closed) return;
      self->check_deadlines();
      if (self->state_ != State::Closed) self->schedule_tick();
    });
  }

  void check_deadlines() {
    now_ = std::chrono::steady_clock::now();
    if (state_ == State::Connecting || state_ == State::ShakingHands) {
      if (now_ >= connect_deadline_) lost(make_error_code(pbx::Errc::Timeout));
      return;
    }
    if (state_ != State::Ready) return;
    const auto oldest = backlog_.oldest();
    const auto before = now_ - options_.timeout;
    if (!oldest || *oldest >= before) return;
    auto late = backlog_.expire(before);
    metrics_.timeouts.Increment(static_cast<double>(late.size()));
    const bool silent = last_read_ < *oldest;  // not a byte since: half open
    for (auto& done : late) {
      if (done) done(pbx::Errc::Timeout);
    }
    if (silent && ready()) lost(make_error_code(pbx::Errc::Timeout));
  }

  asio::io_context& context_;
  const Options options_;
  Address address_;
  Metrics& metrics_;
  Link* owner_;
  std::vector<ConnectHook> hooks_;
  std::function<void(Found)> finder_;
  std::function<void(bool)> watcher_;
  std::shared_ptr<asio::ssl::context> tls_;
  asio::steady_timer tick_;
  asio::steady_timer backoff_;
  std::size_t failures_ = 0;  // to connect, in a row

  State state_ = State::Idle;
  bool in_hook_ = false;
  bool fresh_ = true;
  bool writing_ = false;
  bool flush_posted_ = false;
  std::optional<std::error_code> doomed_;
  Time now_{}, last_read_{}, connect_deadline_{};
  std::shared_ptr<Stream> stream_;
  std::unique_ptr<ReplyReader> reader_;
  Backlog backlog_;
  std::string writing_buffer_;
  std::array<char, kReadBuffer> read_buffer_;
};

Link::Link(asio::io_context& context, Options options, std::shared_ptr<asio::ssl::context> tls,
           Metrics& metrics)
    : impl_{std::make_shared<Impl>(context, std::move(options), std::move(tls), metrics, *this)} {}

Link::~Link() { impl_->abandon(); }

void Link::find_with(std::function<void(Found)> finder) { impl_->find_with(std::move(finder)); }
void Link::watch(std::function<void(bool)> watcher) { impl_->watch(std::move(watcher)); }
void Link::start() { impl_->start(); }
void Link::on_connect(ConnectHook hook) { impl_->add_hook(std::move(hook)); }
void Link::send(Command command, Callback done) {
  const auto impl = impl_;
  impl->send(command, std::move(done), false);
}
void Link::send_raw(const Command& command, Callback done) {
  const auto impl = impl_;
  impl->send(command, std::move(done), true);
}
void Link::close() {
  std::shared_ptr { impl_ } -> close();
}
void Link::drop(std::error_code why) {
  std::shared_ptr { impl_ } -> drop(why);
}

bool Link::connected() const { return impl_->ready(); }
bool Link::accepting() const { return impl_->accepting(); }
bool Link::fresh() const { return impl_->fresh(); }
bool Link::idle() const { return impl_->idle(); }
const Address& Link::address() const { return impl_->address(); }

}  // namespace pbx::redis
