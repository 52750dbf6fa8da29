#pragma once

#include <string_view>

#include <cstddef>

#include "sip/message.hpp"

namespace pbx::proxy {

class ClientTransaction;

/// What a server transaction tells the one who answers it.
class ServerUser {
 public:
  virtual ~ServerUser() = default;

  /// The caller's CANCEL of a request that has no final response; it is answered already.
  virtual void on_cancel(const sip::Message& cancel) = 0;
  /// The transaction is about to go: forget it.
  virtual void on_server_gone() = 0;
  /// A response goes out, for the first time or again.
  virtual void on_send(std::string_view /*response*/) {}
};

enum class Failure { Timeout, Transport };

/// What a client transaction tells the one who sent the request.
class ClientUser {
 public:
  virtual ~ClientUser() = default;

  /// Provisional and final responses, each 2xx of an INVITE whenever it comes.
  virtual void on_response(ClientTransaction& transaction, const sip::Message& response) = 0;
  /// No final response will come.
  virtual void on_failure(ClientTransaction& transaction, Failure failure) = 0;
  /// The transaction is about to go: forget it.
  virtual void on_client_gone(ClientTransaction& transaction) = 0;
};

}  // namespace pbx::proxy
