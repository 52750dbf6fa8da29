#pragma once

#include <cstdint>
#include <string_view>

#include "core/secret.hpp"

namespace pbx {

/// SipHash-2-4: a hash that nobody without the key can predict or steer, and a MAC of 64 bits for
/// short texts at a twentieth of HMAC's cost. Tables of untrusted keys and tokens of ours use it.
class KeyedHash {
 public:
  /// A random key: for tables of this process.
  KeyedHash();
  /// Derived from the cluster's key; `purpose` keeps the uses apart. The same on all nodes.
  KeyedHash(const Secret& cluster_key, std::string_view purpose);

  std::uint64_t operator()(std::string_view text) const noexcept;

 private:
  std::uint64_t k0_ = 0;
  std::uint64_t k1_ = 0;
};

/// For maps whose keys are hashes or random already.
struct AsIs {
  std::size_t operator()(std::uint64_t key) const noexcept { return key; }
};

}  // namespace pbx
