#pragma once

#include <span>
#include <string_view>

namespace pbx::rpc {

/// Who may call what. A unary method is named as on the wire, "/pbx.proxy.v1.Proxy/HangUp", a
/// batched stream as in its greeting, "RegisterStream".
struct AccessRule {
  std::string_view method;
  std::span<const std::string_view> callers;
};

/// All methods of all services. What is not in it is open to nobody.
std::span<const AccessRule> access_table();
bool may_call(std::string_view caller, std::string_view method);

}  // namespace pbx::rpc
