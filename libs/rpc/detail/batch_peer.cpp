#include "rpc/detail/batch_peer.hpp"

#include <google/protobuf/message_lite.h>

#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>

#include "core/errc.hpp"
#include "rpc/batch_wire.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::rpc::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto kGreetingTime = 5s;
constexpr auto kLastWords = 1s;

std::string_view reason_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Accepted:
      return "accepted";
    case Verdict::Malformed:
      return "no greeting of this protocol";
    case Verdict::OtherVersion:
      return "another version of the protocol";
    case Verdict::UnknownMethod:
      return "no such method here";
    case Verdict::Unauthenticated:
      return "no token that is good here";
    case Verdict::Denied:
      return "this caller may not open such streams";
    case Verdict::Full:
      return "too many streams";
    case Verdict::Draining:
      return "draining";
  }
  return "refused";
}

prometheus::Counter& counter_of(Verdict verdict, BatchServerMetrics& metrics) {
  switch (verdict) {
    case Verdict::Unauthenticated:
      return metrics.refused_unauthenticated;
    case Verdict::Denied:
      return metrics.refused_denied;
    case Verdict::Full:
      return metrics.refused_full;
    case Verdict::Draining:
      return metrics.refused_draining;
    default:
      return metrics.refused_greeting;
  }
}

void report(std::string_view method, const net::Address& peer, std::string_view reason) {
  static log::RateLimited refused{log::Level::Warn, "stream refused"};
  refused({{"method", method}, {"peer", peer.to_string()}, {"reason", reason}});
}

}  // namespace

ServerPeer::ServerPeer(std::shared_ptr<ServerFacts> facts, std::shared_ptr<ServerWorker> worker,
                       const net::Address& address)
    : facts_{std::move(facts)},
      worker_{std::move(worker)},
      address_{address},
      pipe_{std::make_shared<FramePipe>(worker_->loop, make_socket(worker_->loop, facts_->tls),
                                        kMaxGreeting)},
      timer_{worker_->loop} {}

ServerPeer::~ServerPeer() { close(); }

void ServerPeer::start(net::Fd fd) {
  worker_->peers.emplace(this, weak_from_this());
  close_after(kGreetingTime);
  pipe_->accept(std::move(fd), address_.is_v6(), *this, weak_from_this());
}

void ServerPeer::close() {
  if (std::exchange(state_, State::Closed) == State::Closed) return;
  pipe_->close();
  timer_.cancel();
  gathered_.clear();
  worker_->peers.erase(this);
  --worker_->load;
  if (!counted_) return;
  --facts_->streams;
  facts_->metrics.streams.Decrement();
}

void ServerPeer::drain() {
  draining_ = true;
  go_on();
}

void ServerPeer::reply(const google::protobuf::MessageLite& item) {
  if (state_ == State::Open) {
    const auto size = item.ByteSizeLong();
    const auto most = facts_->options.reply_message;
    if (gathered_.empty() || gathered_.back().bytes.size() + size > most) gathered_.emplace_back();
    append_item(gathered_.back().bytes, item);
    ++gathered_.back().items;
  }
  skip();
}

void ServerPeer::skip() {
  assert(in_flight_ > 0);
  --in_flight_;
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(worker_->loop, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->go_on();
  });
}

void ServerPeer::on_connected() { connected_ = true; }

void ServerPeer::on_frame(std::string_view bytes) {
  if (state_ == State::Greeting) return greet(bytes);
  if (state_ != State::Open) return;  // its client sends it to another server
  if (!bytes.empty()) return on_batch(bytes);
  read_ended_ = true;
  go_on();
}

Verdict ServerPeer::judge(const Result<Hello>& hello) const {
  if (!hello) return Verdict::Malformed;
  if (hello->version != kStreamVersion) return Verdict::OtherVersion;
  const auto caller = facts_->gate.admit(hello->method, hello->token);
  if (!caller && caller.error() == Errc::Unauthenticated) return Verdict::Unauthenticated;
  if (hello->method != facts_->options.method) return Verdict::UnknownMethod;
  if (!caller) return Verdict::Denied;
  if (facts_->draining) return Verdict::Draining;
  return Verdict::Accepted;
}

void ServerPeer::greet(std::string_view bytes) {
  const auto verdict = judge(parse_hello(bytes));
  if (verdict != Verdict::Accepted) return refuse(verdict);
  counted_ = true;
  facts_->metrics.streams.Increment();
  if (facts_->streams++ >= facts_->options.max_streams) return refuse(Verdict::Full);
  timer_.cancel();
  state_ = State::Open;
  pipe_->set_most(facts_->options.max_message);
  write(make_answer(Verdict::Accepted));
}

void ServerPeer::refuse(Verdict verdict) {
  counter_of(verdict, facts_->metrics).Increment();
  report(facts_->options.method, address_, reason_of(verdict));
  end_with(make_answer(verdict, reason_of(verdict)));
}

void ServerPeer::on_batch(std::string_view bytes) {
  const auto count = count_items(bytes);
  if (!count || draining_ || read_ended_) {
    if (!draining_) on_closed(make_error_code(Errc::BadData));
    return;  // what comes while draining goes to another server
  }
  facts_->metrics.messages.Increment();
  facts_->metrics.items.Increment(static_cast<double>(*count));
  facts_->metrics.batch_items.Observe(static_cast<double>(*count));
  in_flight_ += *count;
  read_on();
  BatchReader reader{bytes};
  const auto self = shared_from_this();
  while (const auto item = reader.next()) worker_->handler(self, *item);
}

void ServerPeer::on_written() {
  writing_ = false;
  state_ == State::Ending ? close_after(kLastWords) : go_on();
}

void ServerPeer::on_closed(std::error_code why) {
  const auto self = shared_from_this();
  if (state_ == State::Greeting) {
    auto& metrics = facts_->metrics;
    (connected_ ? metrics.refused_greeting : metrics.refused_handshake).Increment();
    report(facts_->options.method, address_, why.message());
  } else if (why == Errc::BadData) {
    facts_->metrics.malformed.Increment();
    static log::RateLimited malformed{log::Level::Warn, "stream closed: malformed batch"};
    malformed({{"method", facts_->options.method}, {"peer", address_.to_string()}});
  }
  close();
}

/// Starts what can be started now: a write, the end, reading.
void ServerPeer::go_on() {
  if (state_ != State::Open) return;
  if (!writing_ && !gathered_.empty()) {
    facts_->metrics.reply_messages.Increment();
    facts_->metrics.reply_batch_items.Observe(static_cast<double>(gathered_.front().items));
    write(std::move(gathered_.front().bytes));
    gathered_.pop_front();
  }
  const bool last = read_ended_ || draining_;
  if (last && in_flight_ == 0 && !writing_) return end_with({});
  read_on();
}

void ServerPeer::read_on() {
  const auto most = facts_->options.max_in_flight;
  if (in_flight_ >= most && !paused_) facts_->metrics.paused.Increment();
  paused_ = in_flight_ >= (paused_ ? most / 2 : most);
  paused_ ? pipe_->pause() : pipe_->resume();
}

void ServerPeer::write(std::string frame) {
  writing_ = true;
  pipe_->write(std::make_shared<const std::string>(std::move(frame)));
}

void ServerPeer::end_with(std::string frame) {
  state_ = State::Ending;
  pipe_->resume();
  close_after(kLastWords);
  write(std::move(frame));
}

void ServerPeer::close_after(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self) return;
    if (self->state_ == State::Greeting) self->on_closed(make_error_code(Errc::Timeout));
    self->close();
  });
}

}  // namespace pbx::rpc::detail
