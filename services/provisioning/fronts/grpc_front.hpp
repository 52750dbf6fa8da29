#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "provisioning/adapters/books.hpp"

namespace grpc {
class Service;
}
namespace pbx::rpc {
class Authorizer;
}

namespace pbx::provisioning {

struct Metrics;

/// The gRPC service. Requests run on `blocking`; above 1,000 at once they are refused with
/// RESOURCE_EXHAUSTED.
class GrpcFront {
 public:
  GrpcFront(Books& books, boost::asio::thread_pool& blocking, const rpc::Authorizer& authorizer,
            Metrics& metrics);
  ~GrpcFront();

  grpc::Service& service();

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace pbx::provisioning
