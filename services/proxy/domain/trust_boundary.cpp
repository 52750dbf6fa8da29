#include "proxy/domain/trust_boundary.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "proxy/metrics.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

using sip::HeaderId;

constexpr std::string_view kUnreachable = "SIP/2.0 480 Temporarily Unavailable";
constexpr std::string_view kWhyUnreachable =
    "SIP;cause=407;text=\"The phone asked for credentials of the platform\"";

/// RFC 7315, RFC 3455, RFC 3603, RFC 5002, RFC 5009, RFC 5503, RFC 6050, RFC 7316, RFC 8496: said
/// between elements that trust each other. Those with a HeaderId are not here.
constexpr std::array<std::string_view, 23> kNetworkOnly{
    "P-Access-Network-Info",
    "P-Asserted-Service",
    "P-Associated-URI",
    "P-Called-Party-ID",
    "P-Charge-Info",
    "P-Charging-Function-Addresses",
    "P-Charging-Vector",
    "P-DCS-Billing-Info",
    "P-DCS-LAES",
    "P-DCS-OSPS",
    "P-DCS-Redirect",
    "P-DCS-Trace-Party-ID",
    "P-Early-Media",
    "P-Media-Authorization",
    "P-Preferred-Service",
    "P-Private-Network-Indication",
    "P-Profile-Key",
    "P-Served-User",
    "P-User-Database",
    "P-Visited-Network-ID",
    "Cellular-Network-Info",
    "Relayed-Charge",
    "Service-Interact-Info",
};

bool is_networks(const sip::HeaderField& field) {
  switch (field.id) {
    case HeaderId::PAssertedIdentity:
    case HeaderId::PPreferredIdentity:
    case HeaderId::RemotePartyId:
      return true;
    case HeaderId::Other:
      return std::any_of(kNetworkOnly.begin(), kNetworkOnly.end(),
                         [&](std::string_view name) { return sip::iequals(field.name, name); });
    default:
      return false;
  }
}

/// RFC 3261 §20.4 and §20.9, RFC 5373, RFC 5806, RFC 7044, RFC 8224: what a network or a PBX tells
/// a phone, and what makes many of them answer by themselves.
bool steers(const sip::HeaderField& field) {
  switch (field.id) {
    case HeaderId::AlertInfo:
    case HeaderId::CallInfo:
    case HeaderId::Diversion:
    case HeaderId::HistoryInfo:
    case HeaderId::Identity:
      return true;
    case HeaderId::Other:
      return sip::iequals(field.name, "Answer-Mode") ||
             sip::iequals(field.name, "Priv-Answer-Mode") ||
             sip::iequals(field.name, "Identity-Info");
    default:
      return false;
  }
}

void skip_space(std::string_view& text) {
  while (!text.empty() && sip::is_lws(text.front())) text.remove_prefix(1);
}

/// What stands after `realm`, if that is an assignment; empty: something that is no value.
std::optional<std::string_view> assigned(std::string_view text) {
  skip_space(text);
  if (!text.starts_with('=')) return std::nullopt;
  text.remove_prefix(1);
  skip_space(text);
  if (!text.starts_with('"')) return text.substr(0, text.find_first_of(", \t\r\n"));
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return end < text.size() ? text.substr(0, end + 1) : std::string_view{};
}

/// The one realm of Digest credentials or of a Digest challenge. nullopt: another scheme, no realm,
/// or more than one, of which a phone might take another one than we.
std::optional<std::string> realm_in(std::string_view value) {
  constexpr std::string_view kScheme = "Digest";
  constexpr std::string_view kRealm = "realm";
  if (!sip::iequals(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  std::optional<std::string> realm;
  for (std::size_t i = kScheme.size(); i + kRealm.size() < value.size(); ++i) {
    if ((value[i] | ' ') != kRealm[0]) continue;
    if (!sip::iequals(value.substr(i, kRealm.size()), kRealm)) continue;
    const auto found = assigned(value.substr(i + kRealm.size()));
    if (!found) continue;
    if (realm || found->empty()) return std::nullopt;
    std::string scratch;
    realm = std::string{sip::unquote(*found, scratch)};
  }
  return realm;
}

/// RFC 3323 §4.2, RFC 3325 §9.3.
bool wants_privacy(const sip::Message& request) {
  for (const auto field : request.fields(HeaderId::Privacy)) {
    auto rest = field.value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find_first_of(";,"), rest.size());
      const auto word = sip::trim(rest.substr(0, end));
      if (sip::iequals(word, "id") || sip::iequals(word, "user")) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace

std::string TrustBoundary::identity(std::string_view name, std::string_view extension,
                                    std::string_view domain) const {
  std::string value;
  if (!name.empty()) {
    sip::append_quoted(value, name);
    value += ' ';
  }
  value += "<sip:";
  sip::append_escaped_user(value, extension);
  value.append("@").append(domain).append(">");
  return value;
}

std::string TrustBoundary::shown_from(const sip::NameAddr& from, std::string_view name) {
  std::string value;
  if (!name.empty()) {
    sip::append_quoted(value, name);
    value += ' ';
  }
  const auto* const end = from.uri_text.data() + from.uri_text.size() + (from.bracketed ? 1 : 0);
  value.append("<").append(from.uri_text).append(">");
  return value.append(end, from.text.data() + from.text.size());
}

/// What cannot be told to be for somebody else counts as for us.
bool TrustBoundary::is_for_us(std::string_view value) const {
  const auto realm = realm_in(value);
  return !realm || is_ours_(*realm);
}

void TrustBoundary::send_on(sip::Rewriter& rewriter, const sip::Message& request,
                            std::string_view identity, bool from_us) const {
  drop_credentials(rewriter, request);
  drop_assertions(rewriter, request, from_us);
  if (!identity.empty() && !wants_privacy(request)) {
    rewriter.append(HeaderId::PAssertedIdentity, identity);
  }
}

void TrustBoundary::drop_credentials(sip::Rewriter& rewriter, const sip::Message& request) const {
  for (const auto id : {HeaderId::Authorization, HeaderId::ProxyAuthorization}) {
    for (const auto field : request.fields(id)) {
      if (!is_for_us(field.value)) continue;
      rewriter.remove(field);
      metrics_.withheld(Withheld::Credentials).Increment();
    }
  }
}

void TrustBoundary::drop_assertions(sip::Rewriter& rewriter, const sip::Message& message,
                                    bool keep_own) const {
  for (std::size_t i = 0; i < message.header_count(); ++i) {
    const auto field = message.field(i);
    if (!is_networks(field) && !steers(field)) continue;
    if (keep_own && (field.id == HeaderId::PAssertedIdentity || steers(field))) continue;
    rewriter.remove(field);
    metrics_.withheld(Withheld::Assertion).Increment();
  }
}

TrustBoundary::Upward TrustBoundary::send_up(const sip::Message& response) const {
  Upward up;
  up.code = response.status();
  const bool asks = up.code == 401 || up.code == 407;
  sip::Rewriter rewriter{response};
  rewriter.pop_via();
  bool withheld = false;
  for (const auto id : {HeaderId::WwwAuthenticate, HeaderId::ProxyAuthenticate}) {
    for (const auto field : response.fields(id)) {
      if (!is_for_us(field.value)) {
        if (asks) up.challenges += field.line;
        continue;
      }
      withheld = true;
      rewriter.remove(field);
      metrics_.withheld(Withheld::Challenge).Increment();
    }
  }
  drop_assertions(rewriter, response, false);
  const bool unanswerable = asks && withheld && up.challenges.empty();
  if (unanswerable) rewriter.append(HeaderId::Reason, kWhyUnreachable);
  rewriter.write(up.bytes);
  if (unanswerable) {
    up.code = 480;
    up.bytes.replace(0, up.bytes.find("\r\n"), kUnreachable);
  }
  return up;
}

}  // namespace pbx::proxy
