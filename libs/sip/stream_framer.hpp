#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/result.hpp"
#include "sip/limits.hpp"

namespace pbx::sip {

/// What a stream held next.
struct Frame {
  enum class Kind : std::uint8_t {
    None,     ///< Nothing complete; more bytes are needed.
    Message,  ///< `bytes` is one message for parse_message().
    Pong,     ///< One CRLF between messages: the answer to our keep-alive, or padding.
    Ping,     ///< A second CRLF right after (RFC 5626 §4.4.1): answer with one CRLF.
  };
  Kind kind = Kind::None;
  std::string_view bytes;  ///< Valid until prepare() or feed() is called.
};

/// Cuts a TCP or TLS stream into messages by Content-Length (RFC 3261 §18.3). Its buffer never
/// grows above the message limit. After an error the stream cannot be read on: answer with
/// parse_for_reply(pending()) if that succeeds, and close.
class StreamFramer {
 public:
  explicit StreamFramer(const Limits& limits = {});

  /// Room to read into, then commit() what came: no copy. Empty only when the buffer is full, which
  /// next() will report as TooLarge once it has given out what is complete.
  std::span<char> prepare();
  void commit(std::size_t size);
  /// Or hand over bytes; returns how many were taken (fewer when the buffer is full: call next()
  /// until None, then feed the rest).
  std::size_t feed(std::string_view bytes);

  /// The next frame. Errors: TooLarge, NoContentLength, BadContentLength, BadHeaderLine; the same
  /// error again on every later call.
  Result<Frame> next();

  /// Bytes held that belong to no frame yet.
  std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
  /// Bytes of memory that it holds.
  std::size_t held() const { return buffer_.capacity(); }
  /// Gives its memory back if it holds no byte: for when nothing more is to be read now.
  void rest();
  /// A message has begun and is not complete: a peer that stays so for long is to be closed.
  bool in_message() const;

 private:
  Result<Frame> next_message();
  Result<Frame> fail(std::error_code error);

  Limits limits_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    ///< First byte not given out.
  std::size_t end_ = 0;      ///< End of what was read.
  std::size_t scanned_ = 0;  ///< No end of header before here, relative to begin_.
  std::size_t length_ = 0;   ///< Length of the message at begin_, 0 while unknown.
  bool after_crlf_ = false;  ///< The last frame was a Pong.
  std::error_code failed_;
};

}  // namespace pbx::sip
