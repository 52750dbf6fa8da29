#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/address.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::runtime {

struct AdminPage {
  unsigned status = 200;
  std::string type;
  std::string body;
};

/// A small HTTP/1.1 server for probes and scrapes: GET and HEAD, headers of 8 KiB, no bodies, five
/// seconds a request, 64 connections, of them 16 of one address: the one that has said nothing for
/// longest makes room for a newcomer.
class AdminServer {
 public:
  /// What a path shows; status 404 when there is none. Called on the loop's thread.
  using Pages = std::function<AdminPage(std::string_view path)>;

  /// Listens. Throws std::system_error that names the address.
  AdminServer(boost::asio::io_context& loop, const net::Address& listen, Pages pages);
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;
  ~AdminServer();

  const net::Address& local() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pbx::runtime
