#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pbx::redis {

/// Redis Cluster spreads keys over this many slots.
inline constexpr std::size_t kSlots = 16'384;

namespace detail {
constexpr std::array<std::uint16_t, 256> make_crc16_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}
inline constexpr auto kCrc16Table = make_crc16_table();
}  // namespace detail

/// CRC-16/XMODEM: polynomial 0x1021, start value 0.
constexpr std::uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char byte : bytes) {
    const auto at = ((crc >> 8) ^ static_cast<unsigned char>(byte)) & 0xff;
    crc = ((crc << 8) ^ detail::kCrc16Table[at]) & 0xffff;
  }
  return static_cast<std::uint16_t>(crc);
}

/// The slot of `key`. Between the first `{` and the first `}` behind it stands the hash tag, which
/// decides alone unless it is empty.
constexpr std::uint16_t key_slot(std::string_view key) {
  if (const auto open = key.find('{'); open != std::string_view::npos) {
    const auto close = key.find('}', open + 1);
    if (close != std::string_view::npos && close != open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return crc16(key) % kSlots;
}

}  // namespace pbx::redis
