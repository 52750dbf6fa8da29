#include "sip/quirks.hpp"

#include <algorithm>
#include <array>

namespace pbx::sip {

bool stumbles_over_sha256(const Message& request) {
  // libre, Debian's among them, ends with ENOSYS at the first challenge that is not MD5.
  constexpr std::array<std::string_view, 4> kAgents{"baresip v0.", "baresip v1.", "baresip v2.",
                                                    "baresip v3."};
  const auto agent = request.value(HeaderId::UserAgent);
  return std::any_of(kAgents.begin(), kAgents.end(),
                     [&](std::string_view prefix) { return agent.starts_with(prefix); });
}

}  // namespace pbx::sip
