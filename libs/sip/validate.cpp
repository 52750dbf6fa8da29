#include "sip/validate.hpp"

#include "sip/contact.hpp"
#include "sip/detail/visible.hpp"
#include "sip/text.hpp"

namespace pbx::sip {
namespace {

constexpr HeaderId kMandatory[] = {HeaderId::Via, HeaderId::From, HeaderId::To, HeaderId::CallId,
                                   HeaderId::CSeq};
constexpr HeaderId kOnce[] = {
    HeaderId::From,        HeaderId::To,          HeaderId::CallId,   HeaderId::CSeq,
    HeaderId::MaxForwards, HeaderId::ContentType, HeaderId::Expires,  HeaderId::Event,
    HeaderId::ReferTo,     HeaderId::MinExpires,  HeaderId::Replaces, HeaderId::SessionExpires};

Result<> check_presence(const Message& message) {
  for (const auto id : kMandatory) {
    if (!message.has(id)) return Errc::MissingHeader;
  }
  for (const auto id : kOnce) {
    if (message.has(id) && message.count(id) > 1) return Errc::RepeatedHeader;
  }
  return {};
}

Result<> check_vias(const Message& message) {
  for (const auto value : message.values(HeaderId::Via)) {
    PBX_TRY(const auto via, parse_via(value));
    if (!via.sip_2_0) return Errc::BadVersion;
    // A bare cookie names no transaction (RFC 4475 §3.2.1).
    if (via.branch == kMagicCookie) return Errc::BadVia;
  }
  return {};
}

/// Of requests: a response brings back what was let through, and our own Via on top.
Result<> check_via_bounds(const Message& request) {
  std::size_t count = 0, bytes = 0;
  for (const auto value : request.values(HeaderId::Via)) {
    bytes += value.size();
    if (++count > kMaxVias || bytes > kMaxViaBytes) return Errc::TooLarge;
  }
  return {};
}

Result<> check_address(Result<NameAddr> parsed) {
  PBX_TRY(const auto address, std::move(parsed));
  PBX_CHECK_OK(address.uri());
  return {};
}

/// Tags are compared, listed and kept as they are written, so they are written in one way only.
/// `address` may have none.
Result<std::string_view> check_tag(const NameAddr& address) {
  const auto tag = address.tag();
  if (tag.size() > kMaxTag) return Errc::BadTag;
  for (const char c : tag) {
    if (!detail::is_visible(c) || std::string_view{"\"\\<>,;"}.find(c) != tag.npos) {
      return Errc::BadTag;
    }
  }
  return tag;
}

/// Two phones of one dialog that went by the same tag could not be told apart (RFC 3261 §19.3).
Result<> check_tags(const Message& message) {
  PBX_TRY(const auto from, message.from());
  PBX_TRY(const auto to, message.to());
  PBX_TRY(const auto from_tag, check_tag(from));
  PBX_TRY(const auto to_tag, check_tag(to));
  if (!to_tag.empty() && to_tag == from_tag) return Errc::BadTag;
  return {};
}

Result<> check_contacts(const Message& message) {
  std::size_t count = 0;
  bool star = false;
  for (const auto value : message.values(HeaderId::Contact)) {
    PBX_TRY(const auto contact, parse_contact(value));
    ++count;
    star = star || contact.star;
    if (!contact.star) PBX_CHECK_OK(contact.address.uri());
  }
  if (star && (count > 1 || message.method() != Method::Register)) return Errc::BadContact;
  return {};
}

Result<> check_routes(const Message& message) {
  for (const auto value : message.values(HeaderId::Route)) {
    PBX_TRY(const auto route, parse_name_addr(value));
    if (!route.bracketed) return Errc::BadNameAddr;
    PBX_CHECK_OK(route.uri());
  }
  return {};
}

/// Lists of option tags that must be understood: what is no token cannot be, and must not be passed
/// over. Empty elements are.
Result<> check_option_tags(const Message& message) {
  for (const auto id : {HeaderId::Require, HeaderId::ProxyRequire}) {
    for (const auto tag : message.values(id)) {
      if (!tag.empty() && !is_token(tag)) return Errc::BadToken;
    }
  }
  return {};
}

Result<> check_request_uri(const Message& request) {
  const auto uri = request.request_uri();
  if (!uri) return Errc::BadRequestUri;
  if (uri->scheme == Scheme::Other) return Errc::UnsupportedScheme;
  if (!uri->headers.empty()) return Errc::BadRequestUri;  // RFC 3261 §19.1.1, RFC 4475 §3.1.2.11
  return {};
}

Result<> check_cseq_method(const Message& request, const CSeq& cseq) {
  if (cseq.method == request.method_text()) return {};
  return request.method() == Method::Other ? Errc::UnknownMethodMismatch : Errc::MethodMismatch;
}

/// One word, or two with an @: at any rate visible ASCII without white space.
Result<> check_call_id(std::string_view call_id) {
  if (call_id.empty() || call_id.size() > kMaxCallId) return Errc::BadCallId;
  for (const char c : call_id) {
    if (!detail::is_visible(c)) return Errc::BadCallId;
  }
  return {};
}

Result<CSeq> check_common(const Message& message) {
  PBX_CHECK_OK(check_presence(message));
  PBX_CHECK_OK(check_vias(message));
  PBX_CHECK_OK(check_address(message.from()));
  PBX_CHECK_OK(check_address(message.to()));
  PBX_CHECK_OK(check_tags(message));
  PBX_CHECK_OK(check_call_id(message.call_id()));
  return message.cseq();
}

}  // namespace

Result<> validate_request(const Message& request) {
  PBX_CHECK_OK(check_via_bounds(request));
  PBX_TRY(const auto cseq, check_common(request));
  PBX_CHECK_OK(check_cseq_method(request, cseq));
  PBX_CHECK_OK(check_request_uri(request));
  PBX_CHECK_OK(request.max_forwards());
  PBX_CHECK_OK(check_option_tags(request));
  PBX_CHECK_OK(check_routes(request));
  return check_contacts(request);
}

Result<> validate_response(const Message& response) {
  PBX_TRY(const auto cseq, check_common(response));
  // Its dialog would have no name (RFC 3261 §12.1.1).
  const bool answers = response.status() >= 200 && response.status() < 300;
  const bool tagged = !response.to()->tag().empty();
  if (answers && cseq.method == "INVITE" && !tagged) return Errc::BadTag;
  return {};
}

}  // namespace pbx::sip
