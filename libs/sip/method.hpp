#pragma once

#include <cstdint>
#include <string_view>

namespace pbx::sip {

enum class Method : std::uint8_t {
  Other,  ///< A method this library has no name for; its text is in the message.
  Invite,
  Ack,
  Bye,
  Cancel,
  Options,
  Register,
  Prack,
  Subscribe,
  Notify,
  Publish,
  Info,
  Refer,
  Message,
  Update,
};

/// Method names are case-sensitive (RFC 3261 §7.1).
Method method_from(std::string_view text) noexcept;
/// "INVITE"; empty for Other.
std::string_view method_name(Method method) noexcept;

}  // namespace pbx::sip
