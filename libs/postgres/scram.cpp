#include "postgres/scram.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace pbx::postgres {
namespace {

std::string_view view(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace

std::string scram_verifier(std::string_view password) {
  std::array<std::uint8_t, 16> salt{};
  fill_random(salt);
  return scram_verifier(password, view(salt.data(), salt.size()), 4096);
}

std::string scram_verifier(std::string_view password, std::string_view salt, int iterations) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> salted{};
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                    static_cast<int>(salt.size()), iterations, EVP_sha256(),
                    static_cast<int>(salted.size()), salted.data());
  const auto key = view(salted.data(), salted.size());
  const auto client_key = hmac_sha256(key, "Client Key");
  const auto server_key = hmac_sha256(key, "Server Key");
  std::array<unsigned char, SHA256_DIGEST_LENGTH> stored{};
  SHA256(bytes_of(client_key), client_key.size(), stored.data());
  return "SCRAM-SHA-256$" + std::to_string(iterations) + ":" + base64(salt) + "$" +
         base64(view(stored.data(), stored.size())) + ":" + base64(server_key);
}

}  // namespace pbx::postgres
