#include "core/random.hpp"

#include <openssl/rand.h>

#include <cstdlib>

namespace pbx {
namespace {

/// A system call's worth of randomness serves many small requests of one thread.
struct Pool {
  std::uint8_t bytes[512];
  std::size_t used = sizeof bytes;
};

}  // namespace

void fill_random(std::span<std::uint8_t> bytes) {
  if (bytes.size() > sizeof(Pool::bytes) / 2) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
    return;
  }
  thread_local Pool pool;
  if (sizeof pool.bytes - pool.used < bytes.size()) {
    if (RAND_bytes(pool.bytes, sizeof pool.bytes) != 1) std::abort();
    pool.used = 0;
  }
  for (auto& byte : bytes) {
    byte = pool.bytes[pool.used];
    pool.bytes[pool.used++] = 0;
  }
}

std::uint64_t random_u64() {
  std::uint8_t bytes[8];
  fill_random(bytes);
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

std::string random_token(std::size_t length) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string token(length, '\0');
  for (auto& c : token) {
    std::uint8_t byte;
    do {
      fill_random({&byte, 1});
    } while (byte >= 252);  // 7 * 36: no letter likelier than another
    c = kAlphabet[byte % 36];
  }
  return token;
}

}  // namespace pbx
