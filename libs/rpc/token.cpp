#include "rpc/token.hpp"

#include <stdexcept>

#include "core/bytes.hpp"
#include "core/errc.hpp"
#include "rpc/signing_key.hpp"

namespace pbx::rpc {
namespace {

void add(ByteWriter& writer, std::string_view text) {
  if (text.size() > kMaxTokenField) throw std::invalid_argument{"a token's field is too long"};
  writer.u8(static_cast<std::uint8_t>(text.size()));
  writer.raw(text);
}

std::string text(ByteReader& reader) { return std::string{reader.raw(reader.u8())}; }

}  // namespace

std::string bytes_to_sign(const Token& token) {
  ByteWriter writer;
  writer.u8(kTokenVersion);
  writer.u64(token.key_id);
  writer.u64(static_cast<std::uint64_t>(token.expires_ms));
  add(writer, token.caller);
  add(writer, token.audience);
  add(writer, token.actor);
  add(writer, token.scope);
  return writer.take();
}

std::string token_text(std::string_view signed_bytes, std::string_view signature) {
  return to_base64url(std::string{signed_bytes}.append(signature));
}

Result<ReceivedToken> parse_token(std::string_view text_form) {
  if (text_form.size() > kMaxToken) return Errc::BadData;
  auto bytes = from_base64url(text_form);
  if (!bytes || bytes->size() < kSignatureSize) return Errc::BadData;
  ReceivedToken received;
  received.signature = bytes->substr(bytes->size() - kSignatureSize);
  bytes->resize(bytes->size() - kSignatureSize);
  received.signed_bytes = *std::move(bytes);
  ByteReader reader{received.signed_bytes};
  if (reader.u8() != kTokenVersion) return Errc::BadData;
  auto& token = received.token;
  token.key_id = reader.u64();
  token.expires_ms = static_cast<std::int64_t>(reader.u64());
  token.caller = text(reader);
  token.audience = text(reader);
  token.actor = text(reader);
  token.scope = text(reader);
  if (!reader.done()) return Errc::BadData;
  return received;
}

}  // namespace pbx::rpc
