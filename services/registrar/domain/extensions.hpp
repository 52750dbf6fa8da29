#pragma once

#include <string>

#include "sip/message.hpp"

namespace pbx::registrar {

/// Option tags of Require and Proxy-Require that the registrar does not know, comma-separated, as
/// the answer's Unsupported names them.
std::string unsupported_extensions(const sip::Message& request);

}  // namespace pbx::registrar
