#include "proxy/domain/cancel.hpp"

namespace pbx::proxy {

bool cancel(TransactionLayer& layer, Stateless& stateless, const sip::Message& request,
            const Flow& source) {
  auto* server = layer.find_server(layer.key_of(request));
  if (server == nullptr) return false;
  stateless.reply(request, source, {.status = 200});
  if (!server->answered() && server->user()) {
    const auto user = server->user();  // it may go with its transaction
    user->on_cancel(request);
  }
  return true;
}

}  // namespace pbx::proxy
