#include "load/identity.hpp"

#include <charconv>

#include "sip/builder.hpp"
#include "sip/digest.hpp"

namespace pbx::bench {

Identity::Identity(std::string user, std::string_view domain, std::string_view password)
    : user_{std::move(user)},
      ha1_{sip::make_ha1(sip::DigestAlgorithm::Md5, user_, domain, password)} {}

bool Identity::challenged(const sip::Message& response, sip::HeaderId field) {
  for (const auto& header : response.fields(field)) {
    const auto challenge = sip::parse_challenge(header.value);
    if (!challenge || challenge->algorithm != sip::DigestAlgorithm::Md5) continue;
    realm_ = challenge->realm;
    nonce_ = challenge->nonce;
    opaque_ = challenge->opaque;
    qop_auth_ = challenge->qop_auth;
    count_ = 0;
    return true;
  }
  return false;
}

void Identity::append_authorization(std::string& out, sip::HeaderId field, std::string_view method,
                                    std::string_view uri) {
  const sip::ReceivedChallenge challenge{
      .realm = realm_, .nonce = nonce_, .opaque = opaque_, .qop_auth = qop_auth_};
  const sip::ClientDigest client{
      .username = user_, .ha1 = ha1_, .uri = uri, .cnonce = "7c0ffee5", .nc = ++count_};
  std::string value;
  sip::append_credentials(value, challenge, client, method);
  sip::append_header(out, field, value);
}

void append_call_id(std::string& out, std::string_view run, CallId id) {
  out.append(run).append("-").append(std::to_string(id.index));
  out.append("-").append(std::to_string(id.serial));
}

std::optional<CallId> read_call_id(std::string_view text, std::string_view run) {
  if (!text.starts_with(run) || text.size() <= run.size()) return std::nullopt;
  const char* const end = text.data() + text.size();
  CallId id;
  const auto index = std::from_chars(text.data() + run.size() + 1, end, id.index);
  if (index.ec != std::errc{} || index.ptr == end) return std::nullopt;
  const auto serial = std::from_chars(index.ptr + 1, end, id.serial);
  if (serial.ec != std::errc{}) return std::nullopt;
  return id;
}

}  // namespace pbx::bench
