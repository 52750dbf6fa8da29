#include "sip/auth.hpp"

#include "sip/builder.hpp"
#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"

namespace pbx::sip {
namespace {

/// Takes `name=value` and the comma after it off a comma list; a quoted value loses its quotes.
detail::Step take_item(std::string_view& rest, Param& item) {
  detail::skip_lws(rest);
  if (rest.empty()) return detail::Step::End;
  item.name = detail::take_token(rest);
  detail::skip_lws(rest);
  if (item.name.empty() || rest.empty() || rest.front() != '=') return detail::Step::Malformed;
  rest.remove_prefix(1);
  detail::skip_lws(rest);
  if (!rest.empty() && rest.front() == '"') {
    const auto length = detail::quoted_length(rest);
    if (length == 0) return detail::Step::Malformed;
    item.value = rest.substr(1, length - 2);
    rest.remove_prefix(length);
  } else {
    item.value = rest.substr(0, detail::find_any<',', ' ', '\t', '\r', '"', '\\'>(rest));
    if (item.value.empty()) return detail::Step::Malformed;
    rest.remove_prefix(item.value.size());
  }
  detail::skip_lws(rest);
  if (rest.empty()) return detail::Step::Value;
  if (rest.front() != ',') return detail::Step::Malformed;
  rest.remove_prefix(1);
  return detail::Step::Value;
}

Result<std::string_view> after_scheme(std::string_view value) {
  value = trim(value);
  const auto scheme = detail::take_token(value);
  if (scheme.empty()) return Errc::BadCredentials;
  if (!iequals(scheme, "Digest")) return Errc::UnsupportedAuthScheme;
  if (value.empty() || !is_lws(value.front())) return Errc::BadCredentials;
  return value;
}

Result<DigestAlgorithm> algorithm_from(std::string_view name) {
  if (iequals(name, "MD5")) return DigestAlgorithm::Md5;
  if (iequals(name, "SHA-256")) return DigestAlgorithm::Sha256;
  return Errc::UnsupportedAlgorithm;
}

Result<std::uint32_t> parse_nc(std::string_view text) {
  if (text.size() != 8) return Errc::BadCredentials;
  std::uint32_t count = 0;
  for (const char c : text) {
    const char l = lower(c);
    const bool letter = l >= 'a' && l <= 'f';
    if (!letter && !is_digit(c)) return Errc::BadCredentials;
    count = count << 4 | static_cast<std::uint32_t>(letter ? l - 'a' + 10 : c - '0');
  }
  return count;
}

/// The member that a name stands for, or nullptr.
std::string_view Credentials::*text_member(std::string_view name) {
  constexpr struct {
    std::string_view name;
    std::string_view Credentials::*member;
  } kMembers[] = {
      {"username", &Credentials::username}, {"realm", &Credentials::realm},
      {"nonce", &Credentials::nonce},       {"uri", &Credentials::uri},
      {"response", &Credentials::response}, {"cnonce", &Credentials::cnonce},
      {"opaque", &Credentials::opaque},     {"qop", &Credentials::qop},
      {"nc", &Credentials::nc_text},
  };
  for (const auto& entry : kMembers) {
    if (iequals(name, entry.name)) return entry.member;
  }
  return nullptr;
}

Result<> read_item(const Param& item, Credentials& credentials) {
  if (const auto member = text_member(item.name)) {
    if (!(credentials.*member).empty()) return Errc::BadCredentials;
    credentials.*member = item.value;
  } else if (iequals(item.name, "algorithm")) {
    PBX_TRY(credentials.algorithm, algorithm_from(item.value));
  } else if (iequals(item.name, "userhash")) {
    credentials.userhash = iequals(item.value, "true");
  }
  return {};
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view value) {
  PBX_TRY(auto rest, after_scheme(value));
  Credentials credentials;
  Param item;
  for (;;) {
    const auto step = take_item(rest, item);
    if (step == detail::Step::Malformed) return Errc::BadCredentials;
    if (step == detail::Step::End) break;
    PBX_CHECK_OK(read_item(item, credentials));
  }
  if (credentials.username.empty() || credentials.nonce.empty() || credentials.uri.empty() ||
      credentials.response.empty()) {
    return Errc::BadCredentials;
  }
  if (!credentials.qop.empty()) {
    if (credentials.cnonce.empty()) return Errc::BadCredentials;
    PBX_TRY(credentials.nc, parse_nc(credentials.nc_text));
  }
  return credentials;
}

std::optional<FoundCredentials> find_credentials(const Message& request, HeaderId id,
                                                 std::string_view realm) {
  for (const auto field : request.fields(id)) {
    const auto credentials = parse_credentials(field.value);
    if (credentials && credentials->realm == realm) return FoundCredentials{*credentials, field};
  }
  return std::nullopt;
}

namespace {

void append_one(std::string& out, HeaderId id, const Challenge& challenge,
                std::string_view algorithm) {
  out += header_name(id);
  out += ": Digest realm=";
  append_quoted(out, challenge.realm);
  out += ", nonce=\"";
  out += challenge.nonce;
  out += '"';
  if (!challenge.opaque.empty()) {
    out += ", opaque=";
    append_quoted(out, challenge.opaque);
  }
  if (challenge.stale) out += ", stale=true";
  out += ", algorithm=";
  out += algorithm;
  out += ", qop=\"auth\"\r\n";
}

}  // namespace

void append_challenge(std::string& out, HeaderId id, const Challenge& challenge) {
  if (challenge.md5) append_one(out, id, challenge, "MD5");
  if (challenge.sha256) append_one(out, id, challenge, "SHA-256");
}

Result<ReceivedChallenge> parse_challenge(std::string_view value) {
  PBX_TRY(auto rest, after_scheme(value));
  ReceivedChallenge challenge;
  Param item;
  for (;;) {
    const auto step = take_item(rest, item);
    if (step == detail::Step::Malformed) return Errc::BadCredentials;
    if (step == detail::Step::End) break;
    if (iequals(item.name, "realm")) challenge.realm = item.value;
    if (iequals(item.name, "nonce")) challenge.nonce = item.value;
    if (iequals(item.name, "opaque")) challenge.opaque = item.value;
    if (iequals(item.name, "stale")) challenge.stale = iequals(item.value, "true");
    if (iequals(item.name, "algorithm")) {
      PBX_TRY(challenge.algorithm, algorithm_from(item.value));
    }
    if (iequals(item.name, "qop")) {
      for (const auto qop : CommaList{item.value}) {
        challenge.qop_auth = challenge.qop_auth || iequals(qop, "auth");
      }
      if (!challenge.qop_auth) return Errc::UnsupportedQop;
    }
  }
  if (challenge.nonce.empty()) return Errc::BadCredentials;
  return challenge;
}

}  // namespace pbx::sip
