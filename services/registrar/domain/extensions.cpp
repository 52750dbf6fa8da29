#include "registrar/domain/extensions.hpp"

#include "sip/text.hpp"

namespace pbx::registrar {

std::string unsupported_extensions(const sip::Message& request) {
  std::string unsupported;
  for (const auto id : {sip::HeaderId::Require, sip::HeaderId::ProxyRequire}) {
    for (const auto tag : request.values(id)) {
      if (tag.empty() || sip::iequals(tag, "path") || sip::iequals(tag, "outbound")) continue;
      if (!unsupported.empty()) unsupported += ", ";
      unsupported += tag;
    }
  }
  return unsupported;
}

}  // namespace pbx::registrar
