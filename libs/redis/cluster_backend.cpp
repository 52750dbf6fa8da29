#include "redis/cluster_backend.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <utility>

#include "core/backoff.hpp"
#include "core/errc.hpp"
#include "redis/errc.hpp"
#include "redis/fan_out.hpp"
#include "redis/lanes.hpp"
#include "redis/masters.hpp"
#include "redis/slot_watch.hpp"

namespace asio = boost::asio;

namespace pbx::redis {
namespace {

using std::chrono::milliseconds;
using Time = Lanes::Time;

constexpr std::uint8_t kMaxRedirects = 8;
constexpr milliseconds kTick{5};
constexpr milliseconds kRetryMin{10}, kRetryMax{250};

}  // namespace

class ClusterBackend::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, const Options& options, std::shared_ptr<asio::ssl::context> tls,
       Metrics& metrics)
      : options_{options},
        metrics_{metrics},
        watch_{context, options, tls, metrics},
        masters_{{context, options, tls, metrics}},
        timer_{context} {}

  void add_hook(ConnectHook hook) { masters_.add_hook(std::move(hook)); }
  bool connected() const { return !closed_ && masters_.usable(); }

  void start() {
    masters_.watch([this](bool up) {
      if (!up) watch_.suspect();
    });
    watch_.start([this](SlotMap map) { masters_.follow(std::move(map)); },
                 [this] { return masters_.all_connected() && lanes_.size() == 0; });
  }

  void send(Command command, Callback done) {
    if (closed_) return refuse(std::move(done), pbx::Errc::Cancelled);
    switch (reach_of(command)) {
      case Reach::AllMasters:
        return send_to_all(command, std::move(done));
      case Reach::Scan:
        return scan(command, std::move(done));
      case Reach::AnyMaster:
      case Reach::Key:
        break;
    }
    const auto slot = key_slot(command.key());
    route(RequestPtr{
        new Request{std::move(command), std::move(done), Time::clock::now(), ++numbers_, slot}});
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    end();
    masters_.close();
    for (auto& request : lanes_.clear()) refuse(std::move(request->done), pbx::Errc::Cancelled);
  }

  /// The owner is going: nobody is called any more.
  void abandon() {
    closed_ = abandoned_ = true;
    end();
    lanes_.clear();
  }

 private:
  void end() {
    metrics_.held.Decrement(static_cast<double>(lanes_.size()));
    timer_.cancel();
    watch_.stop();
  }

  void refuse(Callback done, std::error_code error) {
    metrics_.refused.Increment();
    if (done) done(error);
  }

  // --- there ---

  void route(RequestPtr request) {
    const auto slot = request->slot;
    auto* const link = masters_.link_of(slot);
    const bool held = lanes_.held(slot);
    if (!held && link != nullptr && link->accepting()) return dispatch(*link, std::move(request));
    // A new master is connected in a moment; one that was lost may be away for long.
    if (held || (link != nullptr && link->fresh())) {
      if (lanes_.size() < options_.max_pending) return hold(std::move(request), {});
      return refuse(std::move(request->done), pbx::Errc::Overloaded);
    }
    if (link == nullptr) watch_.suspect();
    refuse(std::move(request->done), pbx::Errc::Unavailable);
  }

  void dispatch(Link& link, RequestPtr request) {
    lanes_.sent(request->slot);
    if (std::exchange(request->asking, false)) link.send_raw(Command{"ASKING"}, {});
    const auto& command = request->command;  // outlives the call: the callback owns it
    link.send_raw(command,
                  [this, &link, request = std::move(request)](Result<Reply> reply) mutable {
                    take(link, std::move(request), std::move(reply));
                  });
  }

  // --- and back ---

  void take(Link& link, RequestPtr request, Result<Reply> reply) {
    const auto self = shared_from_this();  // the caller may destroy us
    if (abandoned_) return;
    const auto slot = request->slot;
    lanes_.settled(slot);
    if (!reply) {
      watch_.suspect();
    } else if (reply->is_error()) {
      if (send_again(link, request, reply->text())) return pump(slot);
      reply = refusal(reply->text(), metrics_);
    }
    if (lanes_.held(slot)) pump(slot);
    if (request->done) request->done(std::move(reply));
  }

  /// Takes the request when the error says that it may run elsewhere or later.
  bool send_again(Link& link, RequestPtr& request, std::string_view error) {
    auto redirect = parse_redirect(error, link.address());
    if (!redirect) return false;
    const auto now = Time::clock::now();
    switch (redirect->kind) {
      case Redirect::Kind::Moved:
      case Redirect::Kind::Ask:
        if (redirect->slot != request->slot || ++request->redirects > kMaxRedirects) return false;
        if (redirect->kind == Redirect::Kind::Moved) {
          metrics_.moved.Increment();
          masters_.assign(redirect->slot, redirect->to);
          watch_.suspect();
        } else {
          metrics_.ask.Increment();
          request->asking = true;
          request->ask_at = std::move(redirect->to);
        }
        hold(std::move(request), {});
        return true;
      case Redirect::Kind::ClusterDown:
        metrics_.cluster_down.Increment();
        watch_.suspect();
        break;
      case Redirect::Kind::TryAgain:
        metrics_.try_again.Increment();
        break;
    }
    const auto due = now + backoff(kRetryMin, kRetryMax, request->retries++);
    if (due - request->since >= options_.timeout) return false;
    hold(std::move(request), due);
    return true;
  }

  // --- waiting ---

  void hold(RequestPtr request, Time due) {
    lanes_.hold(std::move(request), due);
    metrics_.held.Increment();
    if (!ticking_) tick();
  }

  void tick() {
    ticking_ = true;
    timer_.expires_after(kTick);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self || self->closed_) return;
      self->ticking_ = false;
      self->expire();
      self->pump_all();
      if (self->lanes_.size() != 0 && !self->ticking_ && !self->closed_) self->tick();
    });
  }

  /// They have not run: their node turned them away, or they were never sent.
  void expire() {
    auto late = lanes_.expire(Time::clock::now() - options_.timeout);
    metrics_.held.Decrement(static_cast<double>(late.size()));
    for (auto& request : late) refuse(std::move(request->done), pbx::Errc::Unavailable);
  }

  void pump_all() {
    for (const auto slot : lanes_.slots()) pump(slot);
  }

  /// Sends what waits for a slot, as far as its master can take it.
  void pump(std::uint16_t slot) {
    auto queue = lanes_.release(slot, Time::clock::now());
    metrics_.held.Decrement(static_cast<double>(queue.size()));
    for (; !queue.empty(); queue.pop_front()) {
      auto& request = queue.front();
      auto* const link =
          request->asking ? masters_.link_to(request->ask_at) : masters_.link_of(slot);
      if (link == nullptr || !link->accepting()) break;
      dispatch(*link, std::move(request));
    }
    for (auto& request : queue) hold(std::move(request), {});
  }

  // --- commands without a key ---

  void send_to_all(const Command& command, Callback done) {
    const auto& links = masters_.links();
    if (links.empty()) return refuse(std::move(done), pbx::Errc::Unavailable);
    const auto targets = links;  // a callback may change them
    auto answers = std::make_shared<Answers>(targets.size(), std::move(done));
    for (auto* const link : targets) {
      if (link == nullptr) {
        answers->take(make_error_code(pbx::Errc::Unavailable));
      } else {
        link->send(command, [answers](Result<Reply> reply) { answers->take(std::move(reply)); });
      }
    }
  }

  void scan(const Command& command, Callback done) {
    auto cursor = parse_scan_cursor(command.key());
    const auto slot = cursor ? next_master(masters_.map(), cursor->slot) : std::nullopt;
    auto* const link = slot ? masters_.link_of(*slot) : nullptr;
    if (link == nullptr) {
      return refuse(std::move(done), cursor ? pbx::Errc::Unavailable : pbx::Errc::InvalidArgument);
    }
    // A master that took over in the middle is begun anew: keys may come twice.
    if (*slot != cursor->slot) cursor->server = 0;
    auto forward = command.with_key(std::to_string(cursor->server));
    link->send(std::move(forward),
               [this, at = *slot, done = std::move(done)](Result<Reply> reply) mutable {
                 if (reply) reply = with_cluster_cursor(std::move(*reply), at);
                 if (done) done(std::move(reply));
               });
  }

  Result<Reply> with_cluster_cursor(Reply reply, std::uint16_t slot) const {
    std::uint64_t server = 0;
    const auto text = reply[0].text();
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), server);
    if (reply.size() != 2 || parsed.ec != std::errc{}) return pbx::Errc::BadData;
    ScanCursor cursor{server, slot};
    if (server == 0) {
      const auto next = next_master(masters_.map(), static_cast<std::uint16_t>(slot + 1));
      cursor.slot = next.value_or(0);
    }
    const auto shown = format_scan_cursor(cursor);
    if (!shown) return pbx::Errc::BadData;
    reply.replace(0, *shown);
    return reply;
  }

  const Options options_;
  Metrics& metrics_;
  SlotWatch watch_;
  Lanes lanes_;
  Masters masters_;
  asio::steady_timer timer_;
  std::uint64_t numbers_ = 0;
  bool ticking_ = false;
  bool closed_ = false;
  bool abandoned_ = false;
};

ClusterBackend::ClusterBackend(asio::io_context& context, Options options,
                               std::shared_ptr<asio::ssl::context> tls, Metrics& metrics)
    : impl_{std::make_shared<Impl>(context, options, std::move(tls), metrics)} {}

ClusterBackend::~ClusterBackend() { impl_->abandon(); }

void ClusterBackend::start() { impl_->start(); }
void ClusterBackend::on_connect(ConnectHook hook) { impl_->add_hook(std::move(hook)); }
void ClusterBackend::send(Command command, Callback done) {
  const auto impl = impl_;
  impl->send(std::move(command), std::move(done));
}
bool ClusterBackend::connected() const { return impl_->connected(); }
void ClusterBackend::close() {
  const auto impl = impl_;
  impl->close();
}

}  // namespace pbx::redis
