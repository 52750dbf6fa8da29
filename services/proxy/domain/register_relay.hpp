#pragma once

#include "proxy/domain/node.hpp"
#include "proxy/domain/overload.hpp"
#include "proxy/domain/registrar_client.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

/// Takes REGISTERs with credentials to the registrar and its decisions back to the phones.
class RegisterRelay {
 public:
  RegisterRelay(const Node& node, TransactionLayer& layer, RegistrarClient& registrar,
                Backlog& backlog)
      : node_{node}, layer_{layer}, registrar_{registrar}, backlog_{backlog} {}

  void relay(ServerTransaction& server);

 private:
  void answer(std::uint64_t key, Clock::Steady since, const Result<RegisterAnswer>& answer);

  const Node& node_;
  TransactionLayer& layer_;
  RegistrarClient& registrar_;
  Backlog& backlog_;
};

}  // namespace pbx::proxy
