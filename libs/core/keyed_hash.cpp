#include "core/keyed_hash.hpp"

#include <bit>
#include <cstring>
#include <string>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace pbx {
namespace {

/// Little-endian, up to eight bytes.
std::uint64_t load(const char* bytes, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, size);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

KeyedHash::KeyedHash() : k0_{random_u64()}, k1_{random_u64()} {}

KeyedHash::KeyedHash(const Secret& cluster_key, std::string_view purpose) {
  const std::string key = hmac_sha256(cluster_key.reveal(), purpose, 16);
  k0_ = load(key.data(), 8);
  k1_ = load(key.data() + 8, 8);
}

std::uint64_t KeyedHash::operator()(std::string_view text) const noexcept {
  State state{k0_ ^ 0x736f6d6570736575u, k1_ ^ 0x646f72616e646f6du, k0_ ^ 0x6c7967656e657261u,
              k1_ ^ 0x7465646279746573u};
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) state.absorb(load(text.data() + at, 8));
  const std::uint64_t tail = at < text.size() ? load(text.data() + at, text.size() - at) : 0;
  state.absorb(tail | (static_cast<std::uint64_t>(text.size() & 0xFF) << 56));
  state.v2 ^= 0xFF;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace pbx
