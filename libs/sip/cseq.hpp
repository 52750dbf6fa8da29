#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace pbx::sip {

/// CSeq header field, RFC 3261 §20.16.
struct CSeq {
  std::uint32_t number = 0;
  std::string_view method;  ///< Points into the message it was parsed from.

  friend bool operator==(const CSeq&, const CSeq&) = default;
};

/// Parses `4711 INVITE`. A number above 2^31-1 is Errc::BadNumber (§8.1.1.5), a missing or wrong
/// method Errc::BadToken.
Result<CSeq> parse_cseq(std::string_view text);

/// RAck of a PRACK, RFC 3262 §7.2: `776656 1 INVITE`.
struct RAck {
  std::uint32_t rseq = 0;
  CSeq cseq;

  friend bool operator==(const RAck&, const RAck&) = default;
};
Result<RAck> parse_rack(std::string_view text);

}  // namespace pbx::sip
