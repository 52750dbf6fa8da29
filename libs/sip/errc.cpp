#include "sip/errc.hpp"

#include <string>

namespace pbx::sip {
namespace {

const char* sentence(Errc code) {
  switch (code) {
    case Errc::TooLarge:
      return "Message is too large";
    case Errc::Truncated:
      return "Message ends too early";
    case Errc::TooManyHeaders:
      return "Too many header fields";
    case Errc::LineTooLong:
      return "Header field is too long";
    case Errc::BadLineEnd:
      return "CR or LF outside of a line end";
    case Errc::BadStartLine:
      return "Malformed start line";
    case Errc::BadVersion:
      return "SIP version is not 2.0";
    case Errc::BadStatusCode:
      return "Status code is out of range";
    case Errc::BadHeaderLine:
      return "Malformed header field line";
    case Errc::NoContentLength:
      return "Content-Length is missing";
    case Errc::BadContentLength:
      return "Malformed Content-Length";
    case Errc::MissingHeader:
      return "A mandatory header field is missing";
    case Errc::RepeatedHeader:
      return "A header field is there twice";
    case Errc::MethodMismatch:
      return "CSeq names another method";
    case Errc::UnknownMethodMismatch:
      return "Unknown method, and CSeq names another";
    case Errc::BadMaxForwards:
      return "Max-Forwards is not a number of 0 to 255";
    case Errc::BadRequestUri:
      return "Malformed Request-URI";
    case Errc::UnsupportedScheme:
      return "URI scheme is not supported";
    case Errc::BadUri:
      return "Malformed URI";
    case Errc::BadHost:
      return "Malformed host";
    case Errc::BadPort:
      return "Malformed port";
    case Errc::BadEscape:
      return "Malformed escape in a URI";
    case Errc::BadToken:
      return "Malformed token";
    case Errc::BadNumber:
      return "Number is malformed or out of range";
    case Errc::BadQuotedString:
      return "Quoted string is not closed";
    case Errc::BadParameter:
      return "Malformed parameter";
    case Errc::BadVia:
      return "Malformed Via";
    case Errc::BadNameAddr:
      return "Malformed address";
    case Errc::BadContact:
      return "Malformed Contact";
    case Errc::BadCallId:
      return "Malformed Call-ID";
    case Errc::BadTag:
      return "Malformed tag, or the same in From and To";
    case Errc::BadCredentials:
      return "Malformed credentials";
    case Errc::UnsupportedAuthScheme:
      return "Authentication scheme is not Digest";
    case Errc::UnsupportedAlgorithm:
      return "Digest algorithm is not supported";
    case Errc::UnsupportedQop:
      return "Digest quality of protection is not supported";
    case Errc::WrongResponse:
      return "Digest response is wrong";
  }
  return "Unknown SIP error";
}

class SipCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "sip"; }
  std::string message(int code) const override { return sentence(static_cast<Errc>(code)); }
};

}  // namespace

const std::error_category& category() noexcept {
  static const SipCategory category;
  return category;
}

int answer_status(std::error_code error) noexcept {
  if (error.category() != category()) return 400;
  switch (static_cast<Errc>(error.value())) {
    case Errc::TooLarge:
      return 513;
    case Errc::BadVersion:
      return 505;
    case Errc::UnsupportedScheme:
      return 416;
    case Errc::UnknownMethodMismatch:
      return 501;
    case Errc::UnsupportedAuthScheme:
    case Errc::UnsupportedAlgorithm:
    case Errc::UnsupportedQop:
    case Errc::WrongResponse:
      return 401;
    default:
      return 400;
  }
}

}  // namespace pbx::sip
