#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "cluster/node_lease.hpp"
#include "core/key_ring.hpp"
#include "directory/directory.hpp"
#include "redis/connection.hpp"
#include "registrar/adapters/redis_location_store.hpp"
#include "registrar/domain/administration.hpp"
#include "registrar/domain/digest_check.hpp"
#include "registrar/domain/registrar.hpp"
#include "registrar/domain/restore_ports.hpp"
#include "registrar/domain/revocation.hpp"
#include "registrar/domain/revoker.hpp"
#include "registrar/domain/settings.hpp"
#include "registrar/fronts/grpc_front.hpp"
#include "registrar/fronts/stream_front.hpp"
#include "runtime/loop.hpp"

namespace pbx::registrar {

/// What the workers share: all of it is safe to share.
struct Shared {
  const Settings& settings;
  const redis::Options& redis_options;
  const KeyRing& keys;
  const directory::Directory& directory;
  ReplayGuard& replays;
  BindingEvents& events;
  redis::Metrics& redis_metrics;
  Metrics& metrics;
  GrpcFront& grpc;
  StreamFront& streams;
};

/// What one worker thread owns.
class Worker {
 public:
  Worker(runtime::Loop& loop, unsigned index, Shared& shared);
  ~Worker();

  bool connected() const { return redis_.connected(); }
  void on_change(const directory::Change& change) { revoker_.on_change(change); }
  bool idle() const { return revoker_.waiting() == 0; }

  /// The process' lease is kept by its first worker.
  void hold_lease(state::v1::Node node);
  void drain_lease();
  bool lease_released() const { return lease_ == nullptr || released_; }
  void release_lease();
  /// One worker of the process looks whether Redis has lost the bindings. `log` outlives it.
  void restore_from(BindingLog& log);

 private:
  struct Restorer;

  void tick();

  Shared& shared_;

  const Clock& clock_;
  boost::asio::io_context& context_;
  redis::Connection redis_;
  RedisLocationStore store_;
  DigestCheck digests_;
  CredentialTags tags_;
  Revocation revocation_;
  Administration administration_;
  Registrar registrar_;
  Revoker revoker_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<cluster::NodeLease> lease_;
  bool released_ = false;
  std::unique_ptr<Restorer> restorer_;
};

}  // namespace pbx::registrar
