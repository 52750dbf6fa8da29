#include "proxy/domain/flow.hpp"

namespace pbx::proxy {

std::string to_text(const Flow& flow) {
  auto text = flow.remote.to_string();
  return text.append(";").append(sip::transport_param(flow.transport));
}

}  // namespace pbx::proxy
