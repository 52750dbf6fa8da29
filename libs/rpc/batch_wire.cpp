#include "rpc/batch_wire.hpp"

#include <google/protobuf/message_lite.h>

#include <cstdint>

namespace pbx::rpc {
namespace {

constexpr std::uint64_t kItemTag = 0x0A;  // field 1, length-delimited
constexpr std::uint64_t kIdTag = 0x08;    // field 1, varint

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> take_varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 10 && i < rest.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if ((byte & 0x80) == 0) {
      rest.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

bool take_bytes(std::string_view& rest, std::uint64_t length) {
  if (length > rest.size()) return false;
  rest.remove_prefix(length);
  return true;
}

/// The value of a field that is not looked for; groups are not in proto3.
bool skip_value(std::string_view& rest, std::uint64_t wire_type) {
  switch (wire_type) {
    case 0:
      return take_varint(rest).has_value();
    case 1:
      return take_bytes(rest, 8);
    case 2: {
      const auto length = take_varint(rest);
      return length && take_bytes(rest, *length);
    }
    case 5:
      return take_bytes(rest, 4);
    default:
      return false;
  }
}

}  // namespace

void append_item(std::string& batch, const google::protobuf::MessageLite& item) {
  batch.push_back(static_cast<char>(kItemTag));
  const auto size = item.ByteSizeLong();
  append_varint(batch, size);
  const auto at = batch.size();
  batch.resize(at + size);
  item.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(batch.data() + at));
}

void append_item(std::string& batch, std::string_view item) {
  batch.push_back(static_cast<char>(kItemTag));
  append_varint(batch, item.size());
  batch.append(item);
}

std::optional<std::string_view> BatchReader::next() {
  while (ok_ && !rest_.empty()) {
    const auto tag = take_varint(rest_);
    if (tag == kItemTag) {
      const auto length = take_varint(rest_);
      const auto item = rest_.substr(0, length.value_or(0));
      ok_ = length && take_bytes(rest_, *length);
      if (ok_) return item;
    } else {
      ok_ = tag && *tag >> 3 != 0 && skip_value(rest_, *tag & 7);
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> count_items(std::string_view batch) {
  BatchReader reader{batch};
  std::size_t count = 0;
  while (reader.next()) ++count;
  if (!reader.ok()) return std::nullopt;
  return count;
}

std::uint64_t item_id(std::string_view item) {
  while (!item.empty()) {
    const auto tag = take_varint(item);
    if (!tag) return 0;
    if (*tag == kIdTag) return take_varint(item).value_or(0);
    if (!skip_value(item, *tag & 7)) return 0;
  }
  return 0;
}

}  // namespace pbx::rpc
