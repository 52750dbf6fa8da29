#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "sip/auth.hpp"

namespace pbx::sip::detail {

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

/// The algorithm as fetched from its provider, once a process: EVP_md5() would look it up each
/// time. Ends the process if OpenSSL does not have it.
const EVP_MD* fetched(DigestAlgorithm algorithm);

/// A digest in lower-case hexadecimal.
struct HexDigest {
  std::array<char, 64> chars;
  std::size_t size;

  std::string_view view() const { return {chars.data(), size}; }
};

/// Hashes the parts one after the other with a context of this thread.
HexDigest hash(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts);

}  // namespace pbx::sip::detail
