#include "cluster/node_lease.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "core/errc.hpp"
#include "model/redis_keys.hpp"
#include "telemetry/log.hpp"

namespace asio = boost::asio;

namespace pbx::cluster {

using redis::Command;
using redis::Reply;

class NodeLease::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, redis::Client& redis, const Clock& clock, state::v1::Node node,
       Options options)
      : timer_{context},
        redis_{&redis},
        clock_{clock},
        node_{std::move(node)},
        options_{options},
        key_{redis_keys::node(node_.service(), node_.node())},
        index_{redis_keys::nodes(node_.service())} {}

  void start(std::function<void(state::v1::Node&)> refresh) {
    refresh_ = std::move(refresh);
    renew();
    schedule();
  }

  void drain() {
    node_.set_draining(true);
    renew();
  }

  void release(MoveFunction<void(Result<>)> done) {
    if (!redis_) return;
    released_ = true;
    timer_.cancel();
    redis_->send(Command{"ZREM", index_, node_.node()}, {});
    redis_->send(Command{"DEL", key_},
                 [self = shared_from_this(), done = std::move(done)](Result<Reply> reply) mutable {
                   self->renewed_ = {};
                   if (done) done(reply ? Result<>{} : Result<>{reply.error()});
                 });
  }

  void abandon() {
    timer_.cancel();
    redis_ = nullptr;
  }

  bool held() const {
    return renewed_ != Clock::Steady{} && clock_.steady() - renewed_ < options_.lifetime;
  }

 private:
  void renew() {
    if (released_ || !redis_) return;
    if (refresh_) refresh_(node_);
    Command lease{"SET", key_, node_.SerializeAsString(), "PX"};
    lease.add(options_.lifetime.count());
    redis_->send(std::move(lease),
                 [self = shared_from_this(), asked = clock_.steady()](Result<Reply> reply) {
                   if (self->released_) return;
                   if (reply) {
                     self->renewed_ = asked;
                   } else if (self->held()) {
                     log::warn("node lease not renewed", {{"error", reply.error()}});
                   }
                 });
    Command seen{"ZADD", index_};
    redis_->send(std::move(seen.add(clock_.now().time_since_epoch().count()).add(node_.node())),
                 {});
  }

  void schedule() {
    timer_.expires_after(options_.renew_every);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (cancelled || self->released_ || !self->redis_) return;
      self->renew();
      self->schedule();
    });
  }

  asio::steady_timer timer_;
  redis::Client* redis_;
  const Clock& clock_;
  state::v1::Node node_;
  const Options options_;
  const std::string key_, index_;
  std::function<void(state::v1::Node&)> refresh_;
  Clock::Steady renewed_{};
  bool released_ = false;
};

NodeLease::NodeLease(asio::io_context& context, redis::Client& redis, const Clock& clock,
                     state::v1::Node node, Options options)
    : impl_{std::make_shared<Impl>(context, redis, clock, std::move(node), options)} {}
NodeLease::NodeLease(asio::io_context& context, redis::Client& redis, const Clock& clock,
                     state::v1::Node node)
    : NodeLease{context, redis, clock, std::move(node), Options{}} {}
NodeLease::~NodeLease() { impl_->abandon(); }

void NodeLease::start(std::function<void(state::v1::Node&)> refresh) {
  impl_->start(std::move(refresh));
}
void NodeLease::drain() { impl_->drain(); }
void NodeLease::release(MoveFunction<void(Result<>)> done) { impl_->release(std::move(done)); }
bool NodeLease::held() const { return impl_->held(); }

}  // namespace pbx::cluster
