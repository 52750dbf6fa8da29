#include "sip/digest.hpp"

#include <cstdlib>

#include "core/secret.hpp"
#include "sip/detail/hasher.hpp"
#include "sip/errc.hpp"
#include "sip/text.hpp"
#include "sip/uri.hpp"

namespace pbx::sip {
namespace detail {
namespace {

const EVP_MD* fetch(const char* name) {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  if (algorithm == nullptr) std::abort();
  return algorithm;
}

}  // namespace

const EVP_MD* fetched(DigestAlgorithm algorithm) {
  static const EVP_MD* const md5 = fetch("MD5");
  static const EVP_MD* const sha256 = fetch("SHA256");
  return algorithm == DigestAlgorithm::Md5 ? md5 : sha256;
}

HexDigest hash(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
  thread_local const DigestContext context{EVP_MD_CTX_new()};
  constexpr char kHex[] = "0123456789abcdef";
  bool ok = EVP_DigestInit_ex2(context.get(), fetched(algorithm), nullptr) == 1;
  for (const auto part : parts) {
    ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ok = ok && EVP_DigestFinal_ex(context.get(), bytes, &size) == 1;
  if (!ok) std::abort();
  HexDigest digest{};
  for (unsigned i = 0; i < size && digest.size < digest.chars.size(); ++i) {
    digest.chars[digest.size++] = kHex[bytes[i] >> 4];
    digest.chars[digest.size++] = kHex[bytes[i] & 15];
  }
  return digest;
}

}  // namespace detail

namespace {

detail::HexDigest response_of(const Credentials& credentials, std::string_view method,
                              std::string_view ha1) {
  const auto algorithm = credentials.algorithm;
  const auto ha2 = detail::hash(algorithm, {method, ":", credentials.uri});
  if (credentials.qop.empty()) {
    return detail::hash(algorithm, {ha1, ":", credentials.nonce, ":", ha2.view()});
  }
  return detail::hash(algorithm, {ha1, ":", credentials.nonce, ":", credentials.nc_text, ":",
                                  credentials.cnonce, ":", credentials.qop, ":", ha2.view()});
}

std::string_view algorithm_name(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::Md5 ? "MD5" : "SHA-256";
}

bool same_user(std::string_view a, std::string_view b) {
  if (a == b) return true;
  std::string plain_a, plain_b;
  append_unescaped(plain_a, a);
  append_unescaped(plain_b, b);
  return plain_a == plain_b;
}

/// 0: none is named.
bool same_port(std::uint16_t a, std::uint16_t b) {
  const auto is_default = [](std::uint16_t port) { return port == 5060 || port == 5061; };
  return a == b || (a == 0 && is_default(b)) || (b == 0 && is_default(a));
}

void append_nc(std::string& out, std::uint32_t nc) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int shift = 28; shift >= 0; shift -= 4) out.push_back(kHex[nc >> shift & 15]);
}

}  // namespace

std::string make_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                     std::string_view password) {
  return std::string{detail::hash(algorithm, {username, ":", realm, ":", password}).view()};
}

Result<> check_digest(const Credentials& credentials, std::string_view method, std::string_view ha1,
                      DigestRules rules) {
  const bool qop_ok =
      credentials.qop.empty() ? rules.allow_without_qop : iequals(credentials.qop, "auth");
  if (!qop_ok) return Errc::UnsupportedQop;
  const auto expected = response_of(credentials, method, ha1);
  // Hexadecimal in either case: some phones send capitals.
  detail::HexDigest given{};
  if (credentials.response.size() != expected.size) return Errc::WrongResponse;
  for (const char c : credentials.response) given.chars[given.size++] = lower(c);
  if (!equal_in_constant_time(given.view(), expected.view())) return Errc::WrongResponse;
  return {};
}

bool is_digest_for(const Credentials& credentials, std::string_view request_uri) {
  if (credentials.uri == request_uri) return true;
  const auto signed_uri = parse_uri(credentials.uri);
  const auto wanted = parse_uri(request_uri);
  if (!signed_uri || !wanted) return false;
  if (!signed_uri->is_sip() || !wanted->is_sip()) return equivalent(*signed_uri, *wanted);
  return same_user(signed_uri->user, wanted->user) && iequals(signed_uri->host, wanted->host) &&
         same_port(signed_uri->port, wanted->port);
}

std::string digest_response(const Credentials& credentials, std::string_view method,
                            std::string_view ha1) {
  return std::string{response_of(credentials, method, ha1).view()};
}

void append_credentials(std::string& out, const ReceivedChallenge& challenge,
                        const ClientDigest& client, std::string_view method) {
  std::string nc;
  append_nc(nc, client.nc);
  Credentials credentials;
  credentials.algorithm = challenge.algorithm;
  credentials.nonce = challenge.nonce;
  credentials.uri = client.uri;
  if (challenge.qop_auth) {
    credentials.qop = "auth";
    credentials.nc_text = nc;
    credentials.cnonce = client.cnonce;
  }
  out += "Digest username=";
  append_quoted(out, client.username);
  out += ", realm=\"";
  out += challenge.realm;
  out += "\", nonce=\"";
  out += challenge.nonce;
  out += "\", uri=\"";
  out += client.uri;
  out += "\", response=\"";
  out += response_of(credentials, method, client.ha1).view();
  out += "\", algorithm=";
  out += algorithm_name(challenge.algorithm);
  if (!challenge.opaque.empty()) {
    out += ", opaque=\"";
    out += challenge.opaque;
    out += '"';
  }
  if (challenge.qop_auth) {
    out += ", qop=auth, nc=";
    out += nc;
    out += ", cnonce=\"";
    out += client.cnonce;
    out += '"';
  }
}

}  // namespace pbx::sip
