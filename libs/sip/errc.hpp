#pragma once

#include <system_error>

namespace pbx::sip {

/// Why bytes are not acceptable SIP. message() is one human sentence without line breaks, fit for a
/// reason phrase or a log; answer_status() says what a server answers.
enum class Errc {
  // The message as a whole.
  TooLarge = 1,     ///< 513
  Truncated,        ///< Ends before its header does, or its body is shorter than Content-Length.
  TooManyHeaders,   ///< More header fields than the limit.
  LineTooLong,      ///< A header field or the start line is longer than the limit.
  BadLineEnd,       ///< A CR or LF on its own.
  BadStartLine,     ///< Neither a request line nor a status line.
  BadVersion,       ///< 505
  BadStatusCode,    ///< Not 100 to 699.
  BadHeaderLine,    ///< A line without a name and a colon.
  NoContentLength,  ///< A stream needs it (RFC 3261 §18.3).
  BadContentLength,
  // Rules over several header fields (validate_request, validate_response).
  MissingHeader,   ///< Via, From, To, Call-ID or CSeq is not there.
  RepeatedHeader,  ///< A header field that may be there only once.
  MethodMismatch,  ///< CSeq names another method than the start line; 501 when that is unknown.
  UnknownMethodMismatch,
  BadMaxForwards,
  // Single values.
  BadRequestUri,
  UnsupportedScheme,  ///< 416
  BadUri,
  BadHost,
  BadPort,
  BadEscape,  ///< % without two hexadecimal digits.
  BadToken,
  BadNumber,
  BadQuotedString,
  BadParameter,
  BadVia,
  BadNameAddr,
  BadContact,
  BadCallId,
  BadTag,  ///< Of From or To: no word, too long, or the same in both.
  BadCredentials,
  // Digest (digest.hpp).
  UnsupportedAuthScheme,  ///< An authentication scheme other than Digest.
  UnsupportedAlgorithm,
  UnsupportedQop,
  WrongResponse,  ///< The password is not the one of this user.
};

const std::error_category& category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), category()};
}

/// The status code with which a server answers a request that failed with `error`: 400, 401, 416,
/// 501, 505 or 513; 400 for an error of another category.
int answer_status(std::error_code error) noexcept;

}  // namespace pbx::sip

template <>
struct std::is_error_code_enum<pbx::sip::Errc> : std::true_type {};
