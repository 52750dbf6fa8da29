#include "cluster/spool_codec.hpp"

#include <array>

#include "core/bytes.hpp"
#include "core/errc.hpp"

namespace pbx::cluster {
namespace {

constexpr std::size_t kFrame = 8;
constexpr std::size_t kFixedBody = 14;

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    table[i] = crc;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (const char c : bytes) {
    crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return crc ^ 0xffffffffu;
}

Result<> append_spool_record(std::string& out, const SpoolRecord& record) {
  const auto size = kFixedBody + record.topic.size() + record.key.size() + record.payload.size();
  if (record.topic.size() > 0xffff || size > kMaxSpoolRecord) return Errc::InvalidArgument;
  ByteWriter body;
  body.u64(static_cast<std::uint64_t>(record.at_ms));
  body.u16(static_cast<std::uint16_t>(record.topic.size()));
  body.raw(record.topic);
  body.u32(static_cast<std::uint32_t>(record.key.size()));
  body.raw(record.key);
  body.raw(record.payload);
  ByteWriter frame;
  frame.u32(static_cast<std::uint32_t>(size));
  frame.u32(crc32(body.bytes()));
  out.append(frame.bytes()).append(body.bytes());
  return {};
}

Result<ParsedSpoolRecord> parse_spool_record(std::string_view bytes) {
  ByteReader frame{bytes};
  const std::size_t size = frame.u32();
  const auto crc = frame.u32();
  if (!frame.ok()) return Errc::NotFound;
  if (size < kFixedBody || size > kMaxSpoolRecord) return Errc::BadData;
  const auto body = frame.raw(size);
  if (!frame.ok()) return Errc::NotFound;
  if (crc32(body) != crc) return Errc::BadData;

  ByteReader reader{body};
  ParsedSpoolRecord parsed;
  parsed.record.at_ms = static_cast<std::int64_t>(reader.u64());
  parsed.record.topic = reader.raw(reader.u16());
  parsed.record.key = reader.raw(reader.u32());
  if (!reader.ok()) return Errc::BadData;
  parsed.record.payload = reader.rest();
  parsed.bytes = kFrame + size;
  return parsed;
}

}  // namespace pbx::cluster
