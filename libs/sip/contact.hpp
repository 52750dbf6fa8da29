#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sip/name_addr.hpp"

namespace pbx::sip {

class Message;

/// One Contact value with the parameters a registrar reads (RFC 3261 §20.10, RFC 5626, RFC 5627).
struct Contact {
  NameAddr address;
  bool star = false;  ///< `*`: address is empty.
  /// The expires parameter. One that is not a number or above 2^32-1 reads as 3600 (§10.2.1.1).
  std::optional<std::uint32_t> expires;
  std::uint16_t q = 1000;     ///< Thousandths, 0 to 1000; 1000 when not said.
  std::string_view instance;  ///< +sip.instance without quotes: "<urn:uuid:…>".
  std::uint32_t reg_id = 0;   ///< 0 when not said.
};

/// Parses one value (no comma list). Errors: BadContact (bad q or reg-id), and those of a
/// name-addr.
Result<Contact> parse_contact(std::string_view text);

/// All Contact values in order. `*` beside another value is Errc::BadContact.
Result<std::vector<Contact>> parse_contacts(const Message& message);

}  // namespace pbx::sip
