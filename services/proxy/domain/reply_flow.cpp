#include "proxy/domain/reply_flow.hpp"

namespace pbx::proxy {

Flow reply_flow(const sip::Message& request, const Flow& source) {
  Flow flow = source;
  if (source.reliable()) return flow;
  const auto via = request.top_via();
  if (via && !via->has_rport) flow.remote.port = via->port_or_default();
  return flow;
}

}  // namespace pbx::proxy
