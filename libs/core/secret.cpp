#include "core/secret.hpp"

#include <openssl/crypto.h>

namespace pbx {

Secret::~Secret() { OPENSSL_cleanse(value_.data(), value_.size()); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pbx
