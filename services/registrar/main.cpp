// Registrar: checks who a phone is and keeps where it can be reached.
#include <unistd.h>

#include <functional>

#include "cluster/event_publisher.hpp"
#include "kafka/producer.hpp"
#include "registrar/adapters/kafka_binding_events.hpp"
#include "registrar/adapters/kafka_binding_log.hpp"
#include "registrar/config_check.hpp"
#include "registrar/config_feed.hpp"
#include "registrar/worker.hpp"
#include "runtime/identity.hpp"
#include "runtime/service.hpp"
#include "runtime/validate.hpp"
#include "runtime/workers.hpp"

namespace pbx::registrar {
namespace {

using namespace std::chrono_literals;

redis::Options redis_options(runtime::Application& app, const config::v1::Redis& config) {
  auto options = redis::parse_uri(config.uri(), app.optional_secret("redis_password"));
  if (!options) throw runtime::StartError{"redis.uri: " + options.error().message()};
  options->timeout = runtime::from_proto(config.command_timeout(), 1s);
  return *options;
}

state::v1::Node node_of(runtime::Application& app, const GrpcFront& front) {
  state::v1::Node node;
  node.set_service(app.service());
  node.set_node(app.node());
  node.set_grpc(front.address());
  node.set_metrics(app.admin_address());
  node.set_pid(static_cast<std::uint64_t>(::getpid()));
  node.set_started_at_ms(app.clock().now().time_since_epoch().count());
  return node;
}

void serve(runtime::Application& app, const config::v1::Registrar& config) {
  const auto settings = settings_of(config, app.node());
  const auto options = redis_options(app, config.redis());
  const auto keys = app.keys("cluster_key");
  auto& registry = app.metrics();
  Metrics metrics{registry};
  redis::Metrics redis_metrics{registry};
  directory::Directory directory;
  sip::ReplayGuard replays;

  kafka::ProducerOptions producer_options;
  producer_options.topic_prefix = config.kafka().topic_prefix();
  producer_options.linger = runtime::from_proto(config.kafka().linger(), kafka::kEventLinger);
  kafka::Producer producer{config.kafka().brokers(), registry, producer_options};
  cluster::EventPublisher publisher{producer, registry, {.spool_dir = config.spool_dir()}};
  KafkaBindingEvents events{publisher, metrics};
  KafkaBindingLog binding_log{config.kafka().brokers(), producer_options, registry, app.clock()};

  const auto gate = runtime::gate_of(app);
  GrpcFront grpc{config.grpc(), gate, directory, registry};
  StreamFront streams{config.stream(), gate, registry};
  Shared shared{settings, options,       keys,    directory, replays,
                events,   redis_metrics, metrics, grpc,      streams};
  runtime::Workers<Worker> workers{app, config.workers(), shared};
  ConfigFeed feed{directory, config.kafka().brokers(), producer_options, registry,
                  [&](const directory::Change& change) {
                    const auto index = std::hash<UserId>{}(change.user) % workers.size();
                    workers.post(static_cast<unsigned>(index),
                                 [change](Worker& worker) { worker.on_change(change); });
                  }};

  grpc.start();
  streams.start();
  workers.post(0, [&binding_log, node = node_of(app, grpc)](Worker& worker) {
    worker.hold_lease(node);
    worker.restore_from(binding_log);
  });
  app.ready_when("directory", [&] { return feed.caught_up() && !directory.epoch().empty(); });
  app.ready_when("redis", [&] { return workers.all(&Worker::connected); });
  app.on_drain([&] {
    workers.for_each([](Worker& worker) { worker.drain_lease(); });
    streams.drain();
  });
  app.drained_when("streams", [&] { return streams.drained(); });
  app.drained_when("revocations", [&] { return workers.all(&Worker::idle); });
  app.run_until_signalled();
  workers.for_each([](Worker& worker) { worker.release_lease(); });
  grpc.stop(100ms);
  streams.stop();
  publisher.flush(2s);
}

}  // namespace
}  // namespace pbx::registrar

int main(int argc, char** argv) {
  return pbx::runtime::run_service("registrar", argc, argv, pbx::registrar::serve,
                                   pbx::registrar::validate);
}
