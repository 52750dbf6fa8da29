#include "rpc/signing_key.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <stdexcept>

#include "core/bytes.hpp"
#include "core/errc.hpp"
#include "core/random.hpp"

namespace pbx::rpc {
namespace {

constexpr std::size_t kKeySize = 32;

using Key = std::shared_ptr<EVP_PKEY>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key checked(EVP_PKEY* key) {
  if (key == nullptr) throw std::runtime_error{"OpenSSL has no Ed25519"};
  return {key, EVP_PKEY_free};
}

Key private_key(std::string_view raw) {
  return checked(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw), raw.size()));
}

std::string public_bytes(const EVP_PKEY& key) {
  std::string raw(kKeySize, '\0');
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(&key, reinterpret_cast<unsigned char*>(raw.data()), &size) != 1) {
    throw std::runtime_error{"an Ed25519 key without its public half"};
  }
  return raw;
}

std::uint64_t id_of(std::string_view raw) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(bytes_of(raw), raw.size(), hash.data());
  return ByteReader{{reinterpret_cast<const char*>(hash.data()), hash.size()}}.u64();
}

}  // namespace

PublicKey::PublicKey(std::string raw)
    : raw_{std::move(raw)},
      id_{id_of(raw_)},
      key_{checked(
          EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw_), raw_.size()))} {}

Result<PublicKey> PublicKey::parse(std::string_view text) {
  auto raw = from_base64url(text);
  if (!raw || raw->size() != kKeySize) return Errc::InvalidArgument;
  return PublicKey{*std::move(raw)};
}

bool PublicKey::verifies(std::string_view bytes, std::string_view signature) const {
  const Context context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(bytes),
                          bytes.size()) == 1;
}

std::string PublicKey::text() const { return to_base64url(raw_); }

SigningKey::SigningKey(std::shared_ptr<evp_pkey_st> key)
    : key_{std::move(key)}, public_{public_bytes(*key_)} {}

SigningKey SigningKey::make() {
  std::array<std::uint8_t, kKeySize> seed{};
  fill_random(seed);
  SigningKey made{private_key({reinterpret_cast<const char*>(seed.data()), seed.size()})};
  OPENSSL_cleanse(seed.data(), seed.size());
  return made;
}

Result<SigningKey> SigningKey::parse(const Secret& text) {
  auto raw = from_base64url(text.reveal());
  if (!raw) return Errc::InvalidArgument;
  const Secret seed{*std::move(raw)};
  if (seed.reveal().size() != kKeySize) return Errc::InvalidArgument;
  return SigningKey{private_key(seed.reveal())};
}

std::string SigningKey::sign(std::string_view bytes) const {
  std::string signature(kSignatureSize, '\0');
  std::size_t size = signature.size();
  const Context context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  const bool done =
      context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes_of(bytes), bytes.size()) == 1;
  if (!done) throw std::runtime_error{"OpenSSL cannot sign"};
  return signature;
}

Secret SigningKey::text() const {
  std::string raw(kKeySize, '\0');
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_private_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                   &size) != 1) {
    throw std::runtime_error{"an Ed25519 key without its private half"};
  }
  const Secret seed{std::move(raw)};
  return Secret{to_base64url(seed.reveal())};
}

}  // namespace pbx::rpc
