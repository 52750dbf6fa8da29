#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

// What a caller shows to a server: who it is, for which servers, until when, and on whose behalf.
//
//   base64url of: u8 version, u64 key id, u64 expiry (ms since 1970), then caller, audience, actor
//   and scope, each as u8 length and bytes; then the signature (Ed25519, 64 bytes) of all before.
namespace pbx::rpc {

inline constexpr std::uint8_t kTokenVersion = 1;
inline constexpr std::size_t kMaxTokenField = 255;
/// Characters of the longest token.
inline constexpr std::size_t kMaxToken = 1'500;

struct Token {
  std::uint64_t key_id = 0;  ///< PublicKey::id() of the caller's key.
  std::int64_t expires_ms = 0;
  std::string caller;    ///< "proxy", "operator"
  std::string audience;  ///< The service that it is shown to: "registrar".
  std::string actor;     ///< See Caller.
  std::string scope;
};

/// A token as it came: nothing of it is to be believed before `signature` is checked.
struct ReceivedToken {
  Token token;
  std::string signed_bytes;
  std::string signature;
};

/// What is signed. Throws std::invalid_argument when a field is longer than kMaxTokenField.
std::string bytes_to_sign(const Token& token);
/// The text of a token.
std::string token_text(std::string_view signed_bytes, std::string_view signature);
/// Errc::BadData.
Result<ReceivedToken> parse_token(std::string_view text);

}  // namespace pbx::rpc
