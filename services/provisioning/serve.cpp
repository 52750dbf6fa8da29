#include "provisioning/serve.hpp"

#include <boost/asio/thread_pool.hpp>

#include "provisioning/adapters/books.hpp"
#include "provisioning/adapters/config_topic.hpp"
#include "provisioning/adapters/outbox.hpp"
#include "provisioning/adapters/publisher.hpp"
#include "provisioning/fronts/grpc_front.hpp"
#include "provisioning/metrics.hpp"
#include "rpc/server.hpp"
#include "runtime/application.hpp"
#include "runtime/identity.hpp"
#include "runtime/validate.hpp"

namespace pbx::provisioning {
namespace {

kafka::ClientOptions kafka_options(const config::v1::Kafka& config) {
  kafka::ClientOptions options;
  options.client_id = "provisioning";
  options.topic_prefix = config.topic_prefix();
  return options;
}

}  // namespace

void serve(runtime::Application& app, const config::v1::Provisioning& config) {
  using namespace std::chrono_literals;
  Metrics metrics{app.metrics()};
  const auto database = postgres::from_config(config.postgres(), app.secret("postgres_password"),
                                              "provisioning " + app.node());
  postgres::Pool pool{database, app.metrics()};
  Books books{pool, metrics};

  Outbox outbox{database};
  ConfigTopic topic{config.kafka().brokers(), kafka_options(config.kafka()), app.metrics()};
  Publisher publisher{outbox, topic, metrics};

  boost::asio::thread_pool blocking{database.connections};
  rpc::Server server{config.grpc(), runtime::gate_of(app), app.metrics()};
  GrpcFront front{books, blocking, server.authorizer(), metrics};
  server.add(front.service());
  server.start();

  app.ready_when("postgres", [&] { return publisher.database_ok(); });
  app.ready_when("kafka", [&] { return topic.healthy(); });
  app.on_drain([&] {
    server.stop(5s);
    blocking.join();
    publisher.stop();
  });
  app.run_until_signalled();
}

std::vector<std::string> validate(const config::v1::Provisioning& config) {
  runtime::Faults faults;
  faults.check("grpc", config.grpc());
  faults.check("postgres", config.postgres());
  faults.check("kafka", config.kafka());
  return faults.take();
}

}  // namespace pbx::provisioning
