#include "registrar/worker.hpp"

#include <utility>

#include "registrar/adapters/redis_restore_store.hpp"
#include "registrar/domain/restoration.hpp"

namespace pbx::registrar {
namespace {

constexpr std::chrono::milliseconds kTick{250};

}  // namespace

struct Worker::Restorer {
  Restorer(Worker& worker, BindingLog& log)
      : store{worker.redis_, worker.clock_, worker.shared_.settings.node},
        restoration{{store, log, worker.store_, worker.shared_.directory, worker.tags_,
                     worker.shared_.events, worker.clock_, worker.shared_.settings,
                     worker.shared_.metrics}} {}

  RedisRestoreStore store;
  Restoration restoration;
};

Worker::Worker(runtime::Loop& loop, unsigned /*index*/, Shared& shared)
    : shared_{shared},
      clock_{loop.clock()},
      context_{loop.context()},
      redis_{context_, shared.redis_options, shared.redis_metrics},
      store_{redis_, clock_},
      digests_{shared.directory, shared.keys.current().secret, shared.replays, shared.settings},
      tags_{shared.keys.current().secret},
      revocation_{store_, shared.events, clock_, shared.settings, shared.metrics},
      administration_{store_, revocation_},
      registrar_{digests_, tags_, store_, shared.events, clock_, shared.settings, shared.metrics},
      revoker_{shared.directory, tags_, revocation_, shared.metrics},
      timer_{context_} {
  redis_.on_connect([this](redis::Client& connection) { store_.load_functions(connection); });
  redis_.start();
  shared.grpc.serve_on(context_, administration_);
  shared.streams.serve_on(context_, registrar_);
  tick();
}

Worker::~Worker() = default;

/// What Redis could not take while it was away goes on when it is back.
void Worker::tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    if (redis_.connected()) {
      revoker_.retry();
      if (restorer_) restorer_->restoration.tick();
    }
    tick();
  });
}

void Worker::hold_lease(state::v1::Node node) {
  lease_ = std::make_unique<cluster::NodeLease>(context_, redis_, clock_, std::move(node));
  lease_->start();
}

void Worker::drain_lease() {
  if (lease_) lease_->drain();
}

void Worker::release_lease() {
  if (!lease_) return;
  lease_->release([this](Result<>) { released_ = true; });
}

void Worker::restore_from(BindingLog& log) { restorer_ = std::make_unique<Restorer>(*this, log); }

}  // namespace pbx::registrar
