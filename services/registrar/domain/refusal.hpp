#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace pbx::registrar {

/// Why a REGISTER is not carried out: the closed set of the metric's label and of
/// RegisterReply.refusal. The last three groups never tell a stranger which of them it was.
enum class Refusal : std::uint8_t {
  Malformed = 1,         ///< 400, or what sip::answer_status says.
  NotRegister,           ///< 405
  UnsupportedExtension,  ///< 420
  UriMismatch,           ///< 400: the digest was made for another Request-URI (RFC 7616 §3.4.6).

  NoCredentials,   ///< 401
  BadPassword,     ///< 401
  UnknownUser,     ///< 401
  UnknownDomain,   ///< 401
  UnsupportedQop,  ///< 401
  StaleNonce,      ///< 401 stale=true: too old, or made with another key.
  ReplayedNonce,   ///< 401 stale=true: its count was used before.

  Suspended,    ///< 403
  ForeignAor,   ///< 403: a login may register its own user only.
  WrongDomain,  ///< 404: To is of another domain than the Request-URI.

  BadContact,       ///< 400
  InsecureContact,  ///< 400: sips, but sent without TLS.
  BadStar,          ///< 400: `*` with other contacts or without Expires: 0.
  TooManyContacts,  ///< 403: in one request.
  TooBrief,         ///< 423
  TooManyBindings,  ///< 403: of one AoR.
  OldCSeq,          ///< 500, RFC 3261 §10.3 step 7.

  StoreUnavailable,  ///< 503
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::StoreUnavailable) + 1;

/// "bad_password".
std::string_view name_of(Refusal refusal) noexcept;

const std::error_category& refusal_category() noexcept;
inline std::error_code make_error_code(Refusal refusal) noexcept {
  return {static_cast<int>(refusal), refusal_category()};
}
/// Malformed for an error of another category: the SIP library's.
Refusal refusal_of(std::error_code error) noexcept;

}  // namespace pbx::registrar

template <>
struct std::is_error_code_enum<pbx::registrar::Refusal> : std::true_type {};
