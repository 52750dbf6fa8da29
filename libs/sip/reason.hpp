#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

/// One Reason value, RFC 3326: `SIP;cause=200;text="Call completed elsewhere"`.
struct Reason {
  std::string_view protocol;  ///< "SIP" or "Q.850"
  std::optional<int> cause;
  std::string_view text;  ///< Without quotes, backslashes kept.
};
Result<Reason> parse_reason(std::string_view value);
/// The first Reason of that protocol (case-insensitive).
std::optional<Reason> find_reason(const Message& message, std::string_view protocol);
/// Appends the value only.
void append_reason(std::string& out, std::string_view protocol, int cause, std::string_view text);

/// Appends a Warning value, RFC 3261 §20.43: `399 node "text"`.
void append_warning(std::string& out, int code, std::string_view agent, std::string_view text);

/// Appends the tokens of `id` (Require or Proxy-Require) that are not in `known`, separated by ",
/// ": the value of Unsupported for a 420. Returns whether there were any.
template <class Known>
bool append_unsupported(std::string& out, const Message& request, HeaderId id, Known&& is_known) {
  bool any = false;
  for (const auto token : request.values(id)) {
    if (token.empty() || is_known(token)) continue;
    if (any) out += ", ";
    out += token;
    any = true;
  }
  return any;
}

}  // namespace pbx::sip
