#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "sip/message.hpp"

namespace pbx::sip {

/// A message with its own bytes, for what outlives the receive buffer (a transaction, a queue).
/// Copyable and movable; get() is always about this object's bytes.
class StoredMessage {
 public:
  StoredMessage() = default;
  /// Copies the bytes; nothing is parsed again.
  explicit StoredMessage(const Message& message)
      : bytes_{message.bytes()}, message_{message.rebased(bytes_.data())} {}
  StoredMessage(const StoredMessage& other) : StoredMessage{other.message_} {}
  StoredMessage(StoredMessage&& other) noexcept
      : bytes_{std::move(other.bytes_)}, message_{other.message_.rebased(bytes_.data())} {
    other.clear();
  }
  StoredMessage& operator=(const StoredMessage& other) {
    if (this != &other) *this = StoredMessage{other};
    return *this;
  }
  StoredMessage& operator=(StoredMessage&& other) noexcept {
    if (this != &other) {
      bytes_ = std::move(other.bytes_);
      message_ = other.message_.rebased(bytes_.data());
      other.clear();
    }
    return *this;
  }
  ~StoredMessage() = default;

  const Message& get() const { return message_; }
  const Message* operator->() const { return &message_; }
  std::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  void clear() {
    bytes_.clear();
    message_ = Message{};
  }

  std::string bytes_;
  Message message_;
};

/// Parses bytes and keeps them.
Result<StoredMessage> parse_stored(std::string bytes, const Limits& limits = {});

}  // namespace pbx::sip
