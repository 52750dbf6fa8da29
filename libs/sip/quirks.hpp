#pragma once

#include "sip/message.hpp"

namespace pbx::sip {

/// The sender gives up at any challenge with SHA-256, even behind one with MD5 (RFC 8760 §2.4 asks
/// it to skip that), as its User-Agent tells. Challenge such a one with MD5 alone.
bool stumbles_over_sha256(const Message& request);

}  // namespace pbx::sip
