#include "proxy/domain/cancel.hpp"

namespace pbx::proxy {

bool same_sender(const Flow& invite, bool rport, const Flow& source, const Wire& wire) {
  if (invite.transport != source.transport) return false;
  const auto& was = invite.remote;
  const auto& is = source.remote;
  const bool same_host = was.v6 == is.v6 && was.ip == is.ip;
  if (!invite.reliable()) return same_host && (!rport || was.port == is.port);
  if (invite.connection != 0 && invite.connection == source.connection) return true;
  return same_host && (invite.connection == 0 || wire.is_gone(invite));
}

bool cancel(TransactionLayer& layer, Stateless& stateless, const sip::Message& request,
            const Flow& source, bool sealed) {
  auto* server = layer.find_server(layer.key_of(request));
  if (server == nullptr) return false;
  if (!sealed && !same_sender(server->source(), server->sent_with_rport(), source, layer.wire())) {
    stateless.refuse(request, source, Refusal::ForeignCancel);
    return true;
  }
  stateless.reply(request, source, {.status = 200});
  if (!server->answered() && server->user()) {
    const auto user = server->user();  // it may go with its transaction
    user->on_cancel(request);
  }
  return true;
}

std::string reason_line_of(const sip::Message& cancel) {
  constexpr std::size_t kLongest = 256;
  const auto reason = cancel.first(sip::HeaderId::Reason);
  return reason && reason->line.size() <= kLongest ? std::string{reason->line} : std::string{};
}

}  // namespace pbx::proxy
