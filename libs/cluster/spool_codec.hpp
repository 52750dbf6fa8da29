#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace pbx::cluster {

/// One event in a spool file. Big endian: u32 length of the body, u32 CRC-32 of the body; body: u64
/// time in ms, u16 length of the topic, topic, u32 length of the key, key, payload.
struct SpoolRecord {
  std::int64_t at_ms = 0;
  std::string_view topic, key, payload;

  friend bool operator==(const SpoolRecord&, const SpoolRecord&) = default;
};

/// How every spool file begins.
inline constexpr std::string_view kSpoolMagic = "PBXSPL1\n";
inline constexpr std::size_t kMaxSpoolRecord = 16u << 20;

/// InvalidArgument when a part is too long for the format; then `out` is as it was.
Result<> append_spool_record(std::string& out, const SpoolRecord& record);

struct ParsedSpoolRecord {
  SpoolRecord record;     ///< Views into the bytes that were parsed.
  std::size_t bytes = 0;  ///< Of the whole record.
};

/// The record that `bytes` begins with. NotFound: `bytes` ends before the record does (a torn tail,
/// or more is to be read). BadData: length or checksum is wrong.
Result<ParsedSpoolRecord> parse_spool_record(std::string_view bytes);

std::uint32_t crc32(std::string_view bytes);

}  // namespace pbx::cluster
