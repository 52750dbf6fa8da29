#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class MessageLite;
}

// A batch is a message whose field 1 is `repeated Item` and whose items begin with `uint64 id = 1`.
// So items are appended to and taken from its bytes one by one, without building the whole message.
namespace pbx::rpc {

/// Appends `item` as one more element of field 1.
void append_item(std::string& batch, const google::protobuf::MessageLite& item);
/// The same for an item that is bytes already.
void append_item(std::string& batch, std::string_view item);

/// Walks over the items of a batch. Other fields are skipped: a newer peer may send them.
class BatchReader {
 public:
  explicit BatchReader(std::string_view batch) : rest_{batch} {}

  /// The next item's bytes; nothing at the end or at malformed bytes, which ok() tells apart.
  std::optional<std::string_view> next();
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// How many items there are; nullopt for malformed bytes.
std::optional<std::size_t> count_items(std::string_view batch);

/// The item's `uint64 id = 1`, wherever it stands; 0 when it has none.
std::uint64_t item_id(std::string_view item);

}  // namespace pbx::rpc
