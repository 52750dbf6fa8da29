#include "directory/records.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace pbx::directory {
namespace {

template <std::size_t N>
void write_hex(const std::array<std::uint8_t, N>& bytes, char* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const auto byte : bytes) {
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
}

std::uint16_t cut(std::string_view text) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint16_t>::max();
  return static_cast<std::uint16_t>(std::min(text.size(), kMost));
}

}  // namespace

HexMd5 StoredCredential::hex_md5() const {
  HexMd5 hex;
  write_hex(md5, hex.data());
  return hex;
}

HexSha256 StoredCredential::hex_sha256() const {
  HexSha256 hex;
  write_hex(sha256, hex.data());
  return hex;
}

TextPair::TextPair(std::string_view first, std::string_view second)
    : first_{cut(first)}, second_{cut(second)} {
  bytes_ = std::make_unique_for_overwrite<char[]>(std::size_t{first_} + second_);
  std::memcpy(bytes_.get(), first.data(), first_);
  std::memcpy(bytes_.get() + first_, second.data(), second_);
}

}  // namespace pbx::directory
