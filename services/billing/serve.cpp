#include "billing/serve.hpp"

#include <boost/asio/thread_pool.hpp>

#include "billing/adapters/call_reader.hpp"
#include "billing/adapters/cdr_store.hpp"
#include "billing/fronts/grpc_front.hpp"
#include "billing/metrics.hpp"
#include "rpc/server.hpp"
#include "runtime/application.hpp"
#include "runtime/identity.hpp"
#include "runtime/validate.hpp"

namespace pbx::billing {
namespace {

kafka::ConsumerOptions reader_options(const config::v1::Kafka& config) {
  kafka::ConsumerOptions options;
  options.client_id = "billing";
  options.topic_prefix = config.topic_prefix();
  options.group = config.topic_prefix() + "billing";
  options.gather = std::chrono::milliseconds{100};  // no CDR is wanted sooner
  return options;
}

}  // namespace

void serve(runtime::Application& app, const config::v1::Billing& config) {
  using namespace std::chrono_literals;
  Metrics metrics{app.metrics()};
  const auto database = postgres::from_config(config.postgres(), app.secret("postgres_password"),
                                              "billing " + app.node());
  postgres::Pool pool{database, app.metrics()};
  CdrStore store{pool};

  boost::asio::thread_pool blocking{database.connections};
  rpc::Server server{config.grpc(), runtime::gate_of(app), app.metrics()};
  GrpcFront front{store, blocking, server.authorizer()};
  server.add(front.service());
  server.start();

  CallReader reader{config.kafka().brokers(),
                    reader_options(config.kafka()),
                    app.node(),
                    store,
                    metrics,
                    app.metrics()};

  app.ready_when("postgres", [&] { return reader.database_ok(); });
  app.ready_when("kafka", [&] { return reader.kafka_ok(); });
  app.on_drain([&] {
    reader.stop();
    server.stop(5s);
    blocking.join();
  });
  app.run_until_signalled();
}

std::vector<std::string> validate(const config::v1::Billing& config) {
  runtime::Faults faults;
  faults.check("grpc", config.grpc());
  faults.check("postgres", config.postgres());
  faults.check("kafka", config.kafka());
  return faults.take();
}

}  // namespace pbx::billing
