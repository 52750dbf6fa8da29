// Proxy: the SIP edge. Takes what phones send, routes it, and keeps the record of every call.
#include <optional>
#include <utility>

#include "cluster/event_publisher.hpp"
#include "directory/directory.hpp"
#include "kafka/follower.hpp"
#include "kafka/producer.hpp"
#include "model/topics.hpp"
#include "net/metrics.hpp"
#include "net/tcp_sources.hpp"
#include "pbx/config/v1/proxy.pb.h"
#include "proxy/domain/trust_boundary.hpp"
#include "proxy/fronts/transports.hpp"
#include "proxy/operations.hpp"
#include "proxy/settings.hpp"
#include "runtime/identity.hpp"
#include "runtime/service.hpp"

namespace pbx::proxy {
namespace {

void serve(runtime::Application& app, const config::v1::Proxy& config) {
  const auto settings = settings_of(config, app.node(), app.descriptors());
  const auto addresses = addresses_of(config);
  require_free(addresses);
  const auto keys = app.keys("cluster_key");
  const auto gate = runtime::gate_of(app);
  const auto to_registrar = runtime::credentials_of(app, "registrar");
  const auto to_proxy = runtime::credentials_of(app, "proxy");
  const auto redis_options = redis_options_of(config, app.optional_secret("redis_password"));
  const Tokens tokens{keys, settings.boot};
  const KeyedHashes reply_tags{keys, "proxy reply tag"};
  Peers peers;
  Metrics metrics{app.metrics()};
  redis::Metrics redis_metrics{app.metrics()};
  net::UdpMetrics udp_metrics{app.metrics(), "sip"};
  net::TcpMetrics tcp_metrics{app.metrics(), "sip"};
  net::TcpSources tcp_sources{settings.max_tcp_per_source};

  directory::Directory directory;
  kafka::Follower feed{config.kafka().brokers(), std::string{topics::kConfig},
                       [&](auto key, auto payload) { directory.apply(key, payload); },
                       app.metrics(), kafka_options_of(config)};
  kafka::Producer producer{config.kafka().brokers(), app.metrics(), producer_options_of(config)};
  const cluster::PublisherOptions spool{.spool_dir = config.spool_dir()};
  std::optional<cluster::EventPublisher> events{std::in_place, producer, app.metrics(), spool};
  const TrustBoundary boundary{
      [&directory](std::string_view realm) { return directory.domain(realm) != nullptr; },
      [&directory, by_default = settings.assert_identity](DeviceId id) {
        const auto device = id.value != 0 ? directory.device(id) : nullptr;
        if (!device || device->caller_identity == directory::CallerIdentity::Default) {
          return by_default;
        }
        return device->caller_identity == directory::CallerIdentity::Asserted;
      },
      metrics};
  sip::ReplayGuard replays;
  LiveCalls live;
  Undelivered undelivered;
  Awake awake{2 * settings.dialog_lease};
  PhoneHints hints;
  Switchboard switchboard{workers_of(config)};
  Shared shared{config,        settings,    addresses,     tokens,  reply_tags,    peers,
                keys,          replays,     boundary,      gate,    to_registrar,  to_proxy,
                redis_options, directory,   *events,       live,    undelivered,   awake,
                hints,         switchboard, app.metrics(), metrics, redis_metrics, udp_metrics,
                tcp_metrics,   tcp_sources};
  runtime::Workers<Worker> workers{app, switchboard.size(), shared};
  Operations operations{app, shared, workers};

  app.ready_when("directory", [&] { return feed.caught_up() && !directory.epoch().empty(); });
  app.ready_when("workers", [&] { return workers.all([](Worker& w) { return w.ready(); }); });
  app.ready_when("redis", [&] { return operations.ready(); });
  app.on_drain([&] { operations.drain(); });
  app.on_drain([&] { workers.post_all([](Worker& w) { w.drain(); }); });
  app.drained_when("calls", [&] { return workers.all([](Worker& w) { return w.idle(); }); });
  app.run_until_signalled();
  operations.stop();
  workers.stop();
  events->flush(std::chrono::seconds{1});
  events.reset();  // before the workers' loops, which its answers are posted to
}

}  // namespace
}  // namespace pbx::proxy

int main(int argc, char** argv) {
  return pbx::runtime::run_service<pbx::config::v1::Proxy>("proxy", argc, argv, pbx::proxy::serve,
                                                           pbx::proxy::validate);
}
