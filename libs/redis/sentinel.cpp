#include "redis/sentinel.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "core/backoff.hpp"
#include "core/errc.hpp"
#include "core/random.hpp"
#include "redis/errc.hpp"
#include "redis/link.hpp"
#include "redis/question.hpp"
#include "telemetry/log.hpp"

namespace asio = boost::asio;

namespace pbx::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRefresh{2000};

Result<Address> read_address(const Reply& reply) {
  if (reply.is_nil()) return pbx::Errc::NotFound;  // no master of that name
  if (reply.size() != 2 || !is_host(reply[0].text())) return pbx::Errc::BadData;
  const auto port = reply[1].integer();
  if (port < 1 || port > 65'535) return pbx::Errc::BadData;
  return Address{std::string{reply[0].text()}, static_cast<std::uint16_t>(port)};
}

Options for_sentinels(Options options) {
  if (!options.sentinel_auth) options.password = {};
  options.timeout /= 2;  // so that one that is gone does not cost a caller's patience
  return options;
}

/// Asks the sentinels in turn, until one knows the master.
class MasterFinder {
 public:
  MasterFinder(asio::io_context& context, const Options& options,
               std::shared_ptr<asio::ssl::context> tls, Metrics& metrics)
      : context_{context},
        options_{for_sentinels(options)},
        tls_{std::move(tls)},
        metrics_{metrics},
        next_{random_u64() % options_.seeds.size()} {}

  /// A search that is under way is given up, its `done` never called.
  void find(Link::Found done) {
    done_ = std::move(done);
    left_ = options_.seeds.size();
    ask();
  }
  void stop() { question_.reset(); }
  /// The next search begins with another sentinel.
  void turn() { next_ = (next_ + 1) % options_.seeds.size(); }

 private:
  void ask() {
    options_.host = options_.seeds[next_].host;
    options_.port = options_.seeds[next_].port;
    Command command{"SENTINEL", "get-master-addr-by-name", options_.master_name};
    question_.emplace(context_, options_, tls_, command,
                      [this](const Result<Reply>& reply) { take(reply); });
  }

  void take(const Result<Reply>& reply) {
    const auto found = reply ? read_address(*reply) : Result<Address>{reply.error()};
    if (found) {
      metrics_.lookups.Increment();
      return end(found);
    }
    log::warn("redis sentinel did not name the master",
              {{"sentinel", to_string(options_.seeds[next_])},
               {"master", options_.master_name},
               {"error", found.error()}});
    metrics_.failed_lookups.Increment();
    turn();
    if (--left_ != 0) return ask();
    end(pbx::Errc::Unavailable);
  }

  void end(Result<Address> result) {
    auto done = std::exchange(done_, nullptr);
    done(std::move(result));
  }

  asio::io_context& context_;
  Options options_;
  const std::shared_ptr<asio::ssl::context> tls_;
  Metrics& metrics_;
  std::size_t next_;
  std::size_t left_ = 0;
  Link::Found done_;
  std::optional<Question> question_;
};

}  // namespace

class SentinelGroup::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, const Options& options, std::shared_ptr<asio::ssl::context> tls,
       Metrics& metrics)
      : refresh_{options.refresh.count() == 0 ? kRefresh : options.refresh},
        name_{options.master_name},
        metrics_{metrics},
        finder_{context, options, tls, metrics},
        link{context, options, tls, metrics},
        timer_{context} {}

  void start() {
    link.find_with([this](Link::Found done) { finder_.find(std::move(done)); });
    link.watch([this](bool up) { up ? note_master() : finder_.turn(); });
    link.start();
    schedule();
  }

  void end() {
    ended_ = true;
    timer_.cancel();
    finder_.stop();
  }

 private:
  void note_master() {
    contradictions_ = 0;
    const auto& now = link.address();
    if (master_ && *master_ != now) {
      metrics_.switches.Increment();
      log::warn("redis master switched",
                {{"master", name_}, {"from", to_string(*master_)}, {"to", to_string(now)}});
    }
    master_ = now;
  }

  void schedule() {
    timer_.expires_after(jittered(refresh_));
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self || self->ended_) return;
      self->check();
      self->schedule();
    });
  }

  /// A master that lost its office, or that was cut off from the others, may answer as if nothing
  /// had happened.
  void check() {
    if (!link.connected()) return;
    link.send(Command{"ROLE"}, [this](Result<Reply> reply) {
      if (reply && (*reply)[0].text() != "master") link.drop(make_error_code(Errc::ReadOnly));
    });
    finder_.turn();
    finder_.find([this](Result<Address> found) {
      if (!found || !link.connected()) return;
      if (*found == link.address()) {
        contradictions_ = 0;
      } else if (++contradictions_ == 2) {  // one sentinel alone may be behind
        link.drop(make_error_code(Errc::ReadOnly));
      }
    });
  }

  const milliseconds refresh_;
  const std::string name_;
  Metrics& metrics_;
  MasterFinder finder_;

 public:
  Link link;

 private:
  asio::steady_timer timer_;
  std::optional<Address> master_;
  int contradictions_ = 0;
  bool ended_ = false;
};

SentinelGroup::SentinelGroup(asio::io_context& context, Options options,
                             std::shared_ptr<asio::ssl::context> tls, Metrics& metrics)
    : impl_{std::make_shared<Impl>(context, options, std::move(tls), metrics)} {}

SentinelGroup::~SentinelGroup() { impl_->end(); }

void SentinelGroup::start() { impl_->start(); }
void SentinelGroup::on_connect(ConnectHook hook) { impl_->link.on_connect(std::move(hook)); }
void SentinelGroup::send(Command command, Callback done) {
  impl_->link.send(std::move(command), std::move(done));
}
bool SentinelGroup::connected() const { return impl_->link.connected(); }
void SentinelGroup::close() {
  const auto impl = impl_;
  impl->end();
  impl->link.close();
}

}  // namespace pbx::redis
