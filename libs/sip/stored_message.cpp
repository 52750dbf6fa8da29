#include "sip/stored_message.hpp"

namespace pbx::sip {

Result<StoredMessage> parse_stored(std::string bytes, const Limits& limits) {
  PBX_TRY(const auto message, parse_message(bytes, limits));
  return StoredMessage{message};
}

}  // namespace pbx::sip
