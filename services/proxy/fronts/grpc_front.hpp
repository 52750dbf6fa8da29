#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "directory/directory.hpp"
#include "proxy/fronts/call_desk.hpp"

namespace pbx::rpc {
class Credentials;
class Server;
}  // namespace pbx::rpc

namespace pbx::proxy {

/// pbx.proxy.v1: calls and nodes of the cluster, from any node.
class GrpcFront {
 public:
  /// `desk` is used on `loop` only. A caller sees the calls of the tenants within its scope, as
  /// `directory` knows them.
  GrpcFront(rpc::Server& server, boost::asio::io_context& loop, CallDesk& desk,
            const directory::Directory& directory);
  ~GrpcFront();

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

/// HangUp at another node, for CallDesk::Parts::ask_node; `done` runs on `loop`.
void ask_to_hang_up(boost::asio::io_context& loop, const rpc::Credentials& credentials,
                    const std::string& grpc, const std::string& call_id, const std::string& reason,
                    CallDesk::Done<void> done);

}  // namespace pbx::proxy
