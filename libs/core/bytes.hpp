#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pbx {

std::string to_hex(std::string_view bytes);                  ///< Lower case.
std::optional<std::string> from_hex(std::string_view text);  ///< Either case.
/// RFC 4648 §5 without padding: fit for SIP URI user parts, tokens and file names.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

/// HMAC-SHA-256, cut to `length` bytes (32 at most).
std::string hmac_sha256(std::string_view key, std::string_view text, std::size_t length = 32);

/// Appends big-endian numbers and length-prefixed strings.
class ByteWriter {
 public:
  ByteWriter() = default;
  /// Takes memory for so many bytes at once.
  explicit ByteWriter(std::size_t expected) { bytes_.reserve(expected); }
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void raw(std::string_view bytes) { bytes_.append(bytes); }
  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Bounded: past the end every read gives zero or nothing and ok() turns false for good.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_{bytes} {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::string_view raw(std::size_t length);
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::uint64_t number(std::size_t width);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace pbx
