#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "billing/adapters/cdr_store.hpp"

namespace grpc {
class Service;
}
namespace pbx::rpc {
class Authorizer;
}

namespace pbx::billing {

/// The gRPC service. Requests run on `blocking`; above 1,000 at once they are refused with
/// RESOURCE_EXHAUSTED.
class GrpcFront {
 public:
  GrpcFront(CdrStore& store, boost::asio::thread_pool& blocking, const rpc::Authorizer& authorizer);
  ~GrpcFront();

  grpc::Service& service();

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace pbx::billing
