#include "redis/connection.hpp"

#include <boost/asio/ssl/context.hpp>
#include <utility>

#include "redis/cluster_backend.hpp"
#include "redis/link.hpp"
#include "redis/sentinel.hpp"
#include "redis/stream.hpp"

namespace pbx::redis {
namespace {

std::unique_ptr<Backend> make_backend(boost::asio::io_context& context, Options options,
                                      Metrics& metrics) {
  auto tls = make_tls(options);
  switch (options.topology) {
    case Topology::Sentinel:
      return std::make_unique<SentinelGroup>(context, std::move(options), std::move(tls), metrics);
    case Topology::Cluster:
      return std::make_unique<ClusterBackend>(context, std::move(options), std::move(tls), metrics);
    case Topology::Server:
      break;
  }
  return std::make_unique<Link>(context, std::move(options), std::move(tls), metrics);
}

}  // namespace

Connection::Connection(boost::asio::io_context& context, Options options, Metrics& metrics)
    : backend_{make_backend(context, std::move(options), metrics)} {}

Connection::~Connection() = default;

void Connection::start() { backend_->start(); }
bool Connection::connected() const { return backend_->connected(); }
void Connection::on_connect(ConnectHook hook) { backend_->on_connect(std::move(hook)); }
void Connection::send(Command command, Callback done) {
  backend_->send(std::move(command), std::move(done));
}
void Connection::close() { backend_->close(); }

}  // namespace pbx::redis
