#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

// The first frame of each side of a batched stream.
//
//   client: "PBXS", u8 version, u8 length, method, u16 length, token
//   server: "PBXS", u8 version, u8 verdict, reason (text, the rest)
namespace pbx::rpc {

inline constexpr std::uint8_t kStreamVersion = 1;
inline constexpr std::size_t kMaxGreeting = 4096;  ///< Bytes of either.

struct Hello {
  std::uint8_t version = 0;
  std::string_view method;  ///< Empty when the version is another one than ours, like the token.
  std::string_view token;
};

/// Throws std::invalid_argument when method or token are too long for a greeting.
std::string make_hello(std::string_view method, const Secret& token);
/// Errc::BadData. The parts lie in `bytes`.
Result<Hello> parse_hello(std::string_view bytes);

/// Numbers are on the wire.
enum class Verdict : std::uint8_t {
  Accepted = 0,
  Malformed = 1,
  OtherVersion = 2,
  UnknownMethod = 3,
  Unauthenticated = 4,
  Full = 5,      ///< Too many streams.
  Draining = 6,  ///< The server is about to end.
  Denied = 7,    ///< The caller is known, and may not.
};

struct Answer {
  Verdict verdict = Verdict::Malformed;  ///< A number that is not known is a refusal too.
  std::string_view reason;
};

std::string make_answer(Verdict verdict, std::string_view reason = {});
/// Errc::BadData. The reason lies in `bytes`; it is the peer's text, of any bytes.
Result<Answer> parse_answer(std::string_view bytes);

}  // namespace pbx::rpc
